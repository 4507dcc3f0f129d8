//! Writes a sample of every mail as HTML and text, to be looked at:
//! `cargo run --example mails -- target/mails`.

#[path = "../tests/mailing/samples.rs"]
#[allow(dead_code)]
mod samples;

use std::path::PathBuf;

fn main() -> std::io::Result<()> {
    let directory = PathBuf::from(std::env::args().nth(1).unwrap_or("target/mails".to_owned()));
    std::fs::create_dir_all(&directory)?;
    let to = ["marianne@aaby.dk".to_owned()];
    let samples = kitos_sync::mail::samples(&samples::full_config(), &to);
    for (kind, name, mail) in samples.map_err(std::io::Error::other)? {
        let name = format!("{}-{name}", kind.as_str());
        std::fs::write(directory.join(format!("{name}.html")), &mail.html)?;
        let text = format!("Subject: {}\n\n{}", mail.subject, mail.text);
        std::fs::write(directory.join(format!("{name}.txt")), text)?;
    }
    println!("{}", directory.display());
    Ok(())
}
