//! Builds the program anew when a page has changed: the pages are embedded in it.

fn main() {
    println!("cargo:rerun-if-changed=web");
}
