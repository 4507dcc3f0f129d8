use std::fs::Permissions;
use std::os::unix::fs::symlink;

use secrecy::ExposeSecret;
use tempfile::TempDir;

use super::*;

fn write(directory: &TempDir, name: &str, content: &str) -> PathBuf {
    let path = directory.path().join(name);
    fs::write(&path, content).unwrap();
    path
}

fn read(secret: &Secret, variables: &[(&str, &str)]) -> Result<Option<String>, SecretError> {
    let environment = variables.iter().copied().collect();
    let password = secret.read(&environment)?;
    Ok(password.map(|password| {
        assert!(!format!("{password:?}").contains(password.expose_secret()));
        password.expose_secret().to_owned()
    }))
}

fn private(directory: &TempDir, name: &str, content: &str) -> PathBuf {
    let path = write(directory, name, content);
    fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    path
}

#[test]
fn a_secret_comes_from_the_first_source_that_is_there() {
    let directory = TempDir::new().unwrap();
    let file = private(&directory, "from-file", "\u{feff}of file\r\n");
    let credentials = TempDir::new().unwrap();
    let systemd = ("CREDENTIALS_DIRECTORY", credentials.path().to_str().unwrap());
    let variable = ("KITOS_SYNC_KITOS_PASSWORD", "of variable\n");
    let with_file = Secret::kitos(Some(file));
    let without = Secret::kitos(None);

    // The folder of credentials is there, but holds none of that name.
    assert_eq!(read(&with_file, &[systemd, variable]).unwrap().as_deref(), Some("of file"));
    assert_eq!(read(&without, &[systemd, variable]).unwrap().as_deref(), Some("of variable"));
    assert_eq!(read(&without, &[systemd]).unwrap(), None);

    // systemd shows a credential to root's group; that is its affair.
    let path = write(&credentials, "kitos-password", " of systemd \n");
    fs::set_permissions(path, Permissions::from_mode(0o440)).unwrap();
    assert_eq!(read(&with_file, &[systemd, variable]).unwrap().as_deref(), Some(" of systemd "));
    let smtp = Secret::smtp(None);
    let variable = ("KITOS_SYNC_SMTP_PASSWORD", "of smtp");
    assert_eq!(read(&smtp, &[systemd, variable]).unwrap().as_deref(), Some("of smtp"));
}

#[test]
fn a_secret_that_others_can_read_is_refused() {
    let directory = TempDir::new().unwrap();
    let file = private(&directory, "password", "hunter2");
    let secret = Secret::kitos(Some(file.clone()));
    for (mode, good) in [
        (0o600, true),
        (0o400, true),
        (0o640, false),
        (0o604, false),
        (0o620, false),
        (0o602, false),
        (0o644, false),
        (0o777, false),
    ] {
        fs::set_permissions(&file, Permissions::from_mode(mode)).unwrap();
        match read(&secret, &[("KITOS_SYNC_KITOS_PASSWORD", "of variable")]) {
            Ok(password) => assert!(good && password.as_deref() == Some("hunter2"), "{mode:o}"),
            Err(error) => {
                assert!(!good, "{mode:o}: {error}");
                let command = format!("Run: chmod 600 {}", file.display());
                assert!(error.to_string().ends_with(&command), "{error}");
                assert!(error.to_string().contains(&format!("{mode:04o}")), "{error}");
            }
        }
    }
    // A link counts as what it leads to.
    let link = directory.path().join("link");
    symlink(&file, &link).unwrap();
    let through_link = Secret::kitos(Some(link));
    assert!(matches!(read(&through_link, &[]), Err(SecretError::Exposed { .. })));
    fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    assert_eq!(read(&through_link, &[]).unwrap().as_deref(), Some("hunter2"));
}

#[test]
fn what_is_no_secret_is_refused() {
    let directory = TempDir::new().unwrap();
    let of_file = |name: &str, content: &str| {
        read(&Secret::kitos(Some(private(&directory, name, content))), &[]).unwrap_err()
    };
    assert!(matches!(of_file("empty", ""), SecretError::Empty { .. }));
    assert!(matches!(of_file("newline", "\n"), SecretError::Empty { .. }));
    assert!(matches!(of_file("lines", "hunter2\nmore\n"), SecretError::NotAPassword { .. }));
    assert!(matches!(of_file("long", &"x".repeat(4097)), SecretError::NotAPassword { .. }));

    let missing = Secret::kitos(Some(directory.path().join("missing")));
    let error = read(&missing, &[("KITOS_SYNC_KITOS_PASSWORD", "other")]).unwrap_err();
    assert!(matches!(error, SecretError::Unreadable { .. }), "{error:?}");

    let folder = Secret::kitos(Some(directory.path().to_owned()));
    assert!(matches!(read(&folder, &[]), Err(SecretError::NotAFile { .. })));

    let empty = read(&Secret::kitos(None), &[("KITOS_SYNC_KITOS_PASSWORD", "")]).unwrap_err();
    assert_eq!(
        empty.to_string(),
        "the password in the environment variable KITOS_SYNC_KITOS_PASSWORD is empty. \
         Write it there, or remove that source."
    );
}
