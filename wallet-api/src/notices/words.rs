//! What mails say, in each language. No amount, no person: a mail is read on the way. Basque and Arabic are unreviewed.

/// The language of a mail.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Language {
    /// French.
    Fr,
    /// English.
    En,
    /// Basque.
    Eu,
    /// Arabic.
    Ar,
}

const LANGUAGES: [(&str, Language); 4] = [("fr", Language::Fr), ("en", Language::En), ("eu", Language::Eu), ("ar", Language::Ar)];

impl Language {
    /// The language with this code of two letters (ISO 639); French for others.
    pub fn of(code: &str) -> Language {
        LANGUAGES.iter().find(|(known, _)| *known == code).map_or(Language::Fr, |(_, language)| *language)
    }

    /// Its code.
    pub fn code(self) -> &'static str {
        LANGUAGES.iter().find(|(_, language)| *language == self).map_or("fr", |(code, _)| code)
    }
}

/// The texts of one language; each with its subject before it.
pub struct Words {
    pub code: &'static str,
    /// `{code}` stands for the digits.
    pub code_text: &'static str,
    pub moved: &'static str,
    pub moved_text: &'static str,
    pub keys: &'static str,
    pub keys_text: &'static str,
    pub ended: &'static str,
    pub ended_text: &'static str,
    /// How to have no more of them.
    pub foot: &'static str,
}

/// The texts of a language.
pub fn words(language: Language) -> &'static Words {
    match language {
        Language::Fr => &FRENCH,
        Language::En => &ENGLISH,
        Language::Eu => &BASQUE,
        Language::Ar => &ARABIC,
    }
}

const FRENCH: Words = Words {
    code: "votre code",
    code_text: "Votre code\u{a0}: {code}\r\n\r\nTapez-le dans votre portefeuille dans les 15 minutes. Si vous n’avez rien demandé, ne faites rien.",
    moved: "du nouveau dans votre portefeuille",
    moved_text: "Il s’est passé quelque chose sur votre compte. Ouvrez votre portefeuille pour voir quoi.",
    keys: "les clés de votre compte ont changé",
    keys_text: "Un appareil a été ajouté à votre compte, ou retiré. Si c’est vous, tout va bien. Sinon, ouvrez vite votre portefeuille \
                pour l’arrêter, ou appelez l’association.",
    ended: "plus de messages",
    ended_text: "Votre portefeuille n’écrit plus à cette adresse. Si ce n’est pas vous qui l’avez demandé, ouvrez vite votre portefeuille, \
                 ou appelez l’association.",
    foot: "Ces messages s’arrêtent dans votre portefeuille\u{a0}: Réglages, puis Avertissements. Nous ne demandons jamais une clé ni un code par e-mail.",
};

const ENGLISH: Words = Words {
    code: "your code",
    code_text: "Your code: {code}\r\n\r\nType it into your wallet within 15 minutes. If you asked for nothing, do nothing.",
    moved: "something new in your wallet",
    moved_text: "Something happened on your account. Open your wallet to see what.",
    keys: "the keys of your account have changed",
    keys_text: "A device was added to your account, or removed. If it was you, all is well. If not, open your wallet soon to stop it, or \
                call the association.",
    ended: "no more messages",
    ended_text: "Your wallet no longer writes to this address. If it was not you who asked for that, open your wallet soon, or call the \
                 association.",
    foot: "You can stop these messages in your wallet: Settings, then Notices. We never ask for a key or a code by e-mail.",
};

const BASQUE: Words = Words {
    code: "zure kodea",
    code_text: "Zure kodea: {code}\r\n\r\nIdatzi zure zorroan 15 minuturen barruan. Ezer eskatu ez baduzu, ez egin ezer.",
    moved: "zerbait berria zure zorroan",
    moved_text: "Zerbait gertatu da zure kontuan. Ireki zure zorroa zer den ikusteko.",
    keys: "zure kontuko gakoak aldatu dira",
    keys_text: "Gailu bat gehitu edo kendu da zure kontuan. Zu izan bazara, dena ondo dago. Bestela, ireki laster zure zorroa gelditzeko, \
                edo deitu elkarteari.",
    ended: "mezu gehiagorik ez",
    ended_text: "Zure zorroak ez du gehiago helbide honetara idazten. Zuk eskatu ez baduzu, ireki laster zure zorroa, edo deitu elkarteari.",
    foot: "Mezu hauek zure zorroan geldi ditzakezu: Ezarpenak, gero Abisuak. Ez dugu inoiz gakorik edo koderik eskatzen e-postaz.",
};

const ARABIC: Words = Words {
    code: "رمزك",
    code_text: "رمزك: {code}\r\n\r\nاكتبه في محفظتك خلال 15 دقيقة. إذا لم تطلب شيئًا فلا تفعل شيئًا.",
    moved: "جديد في محفظتك",
    moved_text: "حدث شيء في حسابك. افتح محفظتك لترى ما هو.",
    keys: "تغيّرت مفاتيح حسابك",
    keys_text: "أُضيف جهاز إلى حسابك أو أُزيل منه. إن كنت أنت من فعل ذلك فكل شيء على ما يرام. وإلا فافتح محفظتك سريعًا لإيقافه، أو اتصل بالجمعية.",
    ended: "لا مزيد من الرسائل",
    ended_text: "لم تعد محفظتك تكتب إلى هذا العنوان. إن لم تكن أنت من طلب ذلك فافتح محفظتك سريعًا، أو اتصل بالجمعية.",
    foot: "يمكنك إيقاف هذه الرسائل في محفظتك: الإعدادات ثم التنبيهات. نحن لا نطلب أبدًا مفتاحًا أو رمزًا عبر البريد الإلكتروني.",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_says_everything_and_the_code_once() {
        for (code, language) in LANGUAGES {
            let words = words(language);
            assert_eq!((Language::of(code).code(), words.code_text.matches("{code}").count()), (code, 1));
            let all = [
                words.code,
                words.moved,
                words.moved_text,
                words.keys,
                words.keys_text,
                words.ended,
                words.ended_text,
                words.foot,
            ];
            assert!(all.iter().all(|text| !text.is_empty()), "{code}");
        }
        assert_eq!(Language::of("xx"), Language::Fr);
    }
}
