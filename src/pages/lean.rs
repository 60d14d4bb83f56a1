//! Our modules as they travel: without their comments, which are a fifth of what a phone would load before it shows anything. Names and lines
//! stay as they are, so that whoever looks at a page can read what it does; the comments are in the project's source.

/// The module without the lines that are nothing but comment; a comment beside code stays.
pub fn without_comments(module: &str) -> String {
    let mut inside = false;
    let mut lean = String::with_capacity(module.len());
    for line in module.split_inclusive('\n') {
        let text = line.trim();
        let begins = !inside && text.starts_with("/*");
        let is_code = if inside || begins {
            let end = text.find("*/");
            inside = end.is_none();
            end.is_some_and(|end| end + 2 < text.len())
        } else {
            !text.starts_with("//")
        };
        if is_code {
            lean.push_str(line);
        }
    }
    lean
}

/// Whether a file is one of our modules. Those of others keep every line: their licences stand in comments.
pub fn is_ours(path: &str) -> bool {
    path.ends_with(".js") && !path.starts_with("/vendor/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_are_nothing_but_comment_stay_at_home() {
        let module = "// What it is.\n\n/** One. @param {string} a */\nexport function f(a) {\n  // Why.\n  return `${a} // b`; // said beside\n}\n\
                      /**\n * Two.\n * @typedef {object} T\n */\nconst b = 'a /* b'; /** @type {T} */ const c = 1;\n";
        let lean = "\nexport function f(a) {\n  return `${a} // b`; // said beside\n}\nconst b = 'a /* b'; /** @type {T} */ const c = 1;\n";
        assert_eq!(without_comments(module), lean);
        assert_eq!(without_comments("/* a */ f();\n/* b */\ng();"), "/* a */ f();\ng();");
    }
}
