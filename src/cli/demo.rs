//! demo (to come)
use super::Exit;
use super::args::Demo;
pub async fn run(_d: &Demo) -> anyhow::Result<Exit> {
    Ok(Exit::Done)
}
