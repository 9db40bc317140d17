//! The local AWS in the foreground.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::signal::unix::{SignalKind, signal};

use super::DaemonError;
use super::build::own_build;
use super::credentials::Credentials;
use super::running::Running;
use super::state_dir::{Lock, StateDir};
use crate::cloud::Config;
use crate::wire::{Server, ServerError};
use crate::{Clock, Cloud, Store};

/// What a local AWS in the foreground is started with.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where everything is stored; made when it is not there.
    pub state_dir: PathBuf,
    /// The port to listen on; without one, the port of the last start, or a free one the first time.
    pub port: Option<u16>,
}

/// Serves until SIGTERM or SIGINT, then ends what is in flight and writes everything to disk.
///
/// # Errors
/// [`DaemonError::AlreadyRunning`], [`DaemonError::PortTaken`], or a state folder that cannot be used.
pub async fn serve(options: Options) -> Result<(), DaemonError> {
    // Before anybody can put another file in the place of this program's.
    own_build();
    let bound = Bound::open(&options.state_dir, options.port).await?;
    let failed = |source| DaemonError::StateDir { path: options.state_dir.clone(), source };
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    tracing::info!(endpoint = bound.running.endpoint, "the local AWS answers");
    let store = bound.cloud.store.clone();
    let shutdown = async {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    bound.server.serve(bound.cloud, shutdown).await;
    tracing::info!("the local AWS ends");
    store.flush()?;
    Ok(())
}

/// A local AWS that has its socket, its lock and its state.
pub struct Bound {
    pub cloud: Arc<Cloud>,
    pub server: Server,
    pub running: Running,
    pub lock: Lock,
}

impl Bound {
    /// Opens everything in `state_dir`; services take up what they were doing.
    pub async fn open(path: &Path, port: Option<u16>) -> Result<Bound, DaemonError> {
        let state_dir = StateDir::at(path);
        state_dir.create()?;
        let lock = state_dir.lock()?;
        let credentials = Credentials::read_or_generate(&state_dir)?;
        let server = bind(&state_dir, port).await?;
        let path =
            std::path::absolute(path).map_err(|source| DaemonError::StateDir { path: path.to_owned(), source })?;
        let running = running(&server, &credentials);
        let store = Store::open(&state_dir.store_file())?;
        let cloud = Cloud::open(config(&running, path), Clock::system(), store)?;
        cloud.start();
        Ok(Bound { cloud, server, running, lock })
    }
}

/// Binds the wanted port, or the kept one, or a free one that is kept from now on.
async fn bind(state_dir: &StateDir, port: Option<u16>) -> Result<Server, DaemonError> {
    let kept = state_dir.port()?;
    let wanted = port.or(kept).unwrap_or(0);
    let server = Server::bind(wanted).await.map_err(|error| match error {
        ServerError::PortTaken { port } => DaemonError::PortTaken { port, port_file: state_dir.port_file() },
        other => DaemonError::Listen(other),
    })?;
    if kept != Some(server.port()) {
        state_dir.keep_port(server.port())?;
    }
    Ok(server)
}

/// How a server with these credentials is found.
pub fn running(server: &Server, credentials: &Credentials) -> Running {
    Running {
        endpoint: format!("http://127.0.0.1:{}", server.port()),
        port: server.port(),
        pid: std::process::id(),
        account: credentials.account.clone(),
        region: credentials.region.clone(),
        access_key_id: credentials.access_key_id.clone(),
        secret_access_key: credentials.secret_access_key.clone(),
        build: own_build().to_owned(),
        stacks: 0,
    }
}

/// The cloud's settings for a server.
pub fn config(running: &Running, state_dir: PathBuf) -> Config {
    Config {
        account: running.account.clone(),
        default_region: running.region.clone(),
        state_dir,
        endpoint: running.endpoint.clone(),
        access_key_id: running.access_key_id.clone(),
        secret_access_key: running.secret_access_key.clone(),
    }
}
