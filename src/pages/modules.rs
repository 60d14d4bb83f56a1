//! Modules that a page's script imports, told in the page itself: a browser that had to read one module to learn of the next would go
//! to the server as often as they are deep.

use super::kept::{Files, paths_in};
use std::collections::BTreeSet;

const SCRIPT: &str = "<script type=\"module\" src=\"";

/// The page with a `modulepreload` for every module that its script imports at once; what is imported when it is needed is not among them.
pub fn with_modules(html: &str, files: &Files) -> Option<String> {
    let (before, after) = html.split_once(SCRIPT)?;
    let (script, _) = after.split_once('"')?;
    let mut links = String::new();
    for path in imported(script, files).into_iter().filter(|path| path != script) {
        links += &format!("<link rel=\"modulepreload\" href=\"{path}\">\n");
    }
    Some(format!("{before}{links}{SCRIPT}{after}"))
}

fn imported(script: &str, files: &Files) -> BTreeSet<String> {
    let mut found = BTreeSet::from([script.to_owned()]);
    let mut unread = vec![script.to_owned()];
    while let Some(path) = unread.pop() {
        let Some(bytes) = files.get(&path) else { continue };
        let at_once = paths_in(&path, bytes).filter(|(before, name)| is_import(before) && files.contains_key(name));
        unread.extend(at_once.map(|(_, name)| name).filter(|name| found.insert(name.clone())));
    }
    found
}

/// Whether a quoted word after this text is imported at once: `import '…'` or `from '…'`, and not `import('…')`.
fn is_import(before: &str) -> bool {
    let before = before.trim_end();
    ["import", "from"].iter().any(|word| before.ends_with(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_script_imports_at_once_is_told_and_the_rest_is_not() {
        let files = [
            (
                "/a/a.js",
                "// it's\nimport './b.js';\nconst later = () => import('./late.js');\n/** @type {import('./type.js').T} */",
            ),
            ("/a/b.js", "import { c } from \"../kit/c.js\";\nexport { a } from './a.js';\nimport 'elsewhere';"),
            ("/kit/c.js", ""),
            ("/a/late.js", ""),
            ("/a/type.js", ""),
        ];
        let files: Files = files.into_iter().map(|(path, text)| (path.to_owned(), text.into())).collect();
        let html = "<head>\n<script type=\"module\" src=\"/a/a.js\"></script>\n</head>";
        let told = with_modules(html, &files).unwrap();
        let expected = "<head>\n<link rel=\"modulepreload\" href=\"/a/b.js\">\n<link rel=\"modulepreload\" href=\"/kit/c.js\">\n\
                        <script type=\"module\" src=\"/a/a.js\"></script>\n</head>";
        assert_eq!(told, expected);
        assert_eq!(with_modules("<p>no script</p>", &files), None);
    }
}
