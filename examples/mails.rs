//! Writes a sample of every mail as HTML and text, to be looked at:
//! `cargo run --example mails -- target/mails`.

#[path = "../tests/mailing/samples.rs"]
#[allow(dead_code)]
mod samples;

use std::path::PathBuf;

fn main() -> std::io::Result<()> {
    let directory = PathBuf::from(std::env::args().nth(1).unwrap_or("target/mails".to_owned()));
    std::fs::create_dir_all(&directory)?;
    for (name, letter) in samples::all() {
        let to = ["mette@aaby.dk".to_owned()];
        let mail = kitos_sync::mail::render(&letter, &to, &samples::full_config())
            .map_err(std::io::Error::other)?;
        std::fs::write(directory.join(format!("{name}.html")), &mail.html)?;
        let text = format!("Subject: {}\n\n{}", mail.subject, mail.text);
        std::fs::write(directory.join(format!("{name}.txt")), text)?;
    }
    println!("{}", directory.display());
    Ok(())
}
