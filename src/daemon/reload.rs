//! SIGHUP: the configuration is read again. A wrong one changes nothing: the old
//! one stays in force, and the log, `status` and an alert say so.

use std::sync::Arc;

use tracing::{error, info, warn};

use crate::config;
use crate::jobs::{self, Context};

/// Reads the file again. `None` if it is wrong: go on with the old one.
pub async fn reload(running: &Context) -> Option<Context> {
    let refused = match config::load(&running.config_file, &running.environment) {
        Ok(config) if config.database.path != running.config.database.path => format!(
            "{}: database.path cannot change while the service runs. Restart it instead",
            running.config_file.display()
        ),
        Err(error) => error.to_string(),
        Ok(config) => {
            let context = Context { config: Arc::new(config), ..running.clone() };
            if let Err(error) = jobs::configuration_accepted(&context).await {
                warn!(%error, "could not note that the configuration is good");
            }
            info!(mode = context.config.mail.mode.as_str(), "configuration reloaded");
            return Some(context);
        }
    };
    error!(error = refused, "configuration not reloaded: the old one stays in force");
    if let Err(error) = jobs::configuration_refused(running, refused).await {
        warn!(%error, "could not note that the configuration is wrong");
    }
    None
}
