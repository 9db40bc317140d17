//! A local AWS inside this process, for tests.

use std::path::Path;
use std::sync::Arc;

use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::DaemonError;
use super::credentials::Credentials;
use super::running::Running;
use super::serve::{Bound, config, running};
use super::state_dir::Lock;
use crate::wire::Server;
use crate::{Clock, Cloud, Store};

/// A local AWS on a free port of this process; ends when it is dropped.
pub struct LocalAws {
    cloud: Arc<Cloud>,
    running: Running,
    shutdown: Option<oneshot::Sender<()>>,
    task: Option<JoinHandle<()>>,
    _lock: Option<Lock>,
    _scratch: Option<TempDir>,
}

impl LocalAws {
    /// Serves from `state_dir` as the daemon would; `None` is a temporary folder and a store in memory.
    ///
    /// # Errors
    /// As [`super::serve`].
    pub async fn start(state_dir: Option<&Path>) -> Result<LocalAws, DaemonError> {
        match state_dir {
            Some(path) => {
                let bound = Bound::open(path, None).await?;
                Ok(LocalAws::run(bound.cloud, bound.server, bound.running, Some(bound.lock), None))
            }
            None => LocalAws::start_in_memory(Clock::system()).await,
        }
    }

    /// Serves from memory under a clock of the caller's.
    ///
    /// # Errors
    /// When no temporary folder can be made or no port opened.
    pub async fn start_in_memory(clock: Clock) -> Result<LocalAws, DaemonError> {
        let scratch = TempDir::with_prefix("local-aws-")
            .map_err(|source| DaemonError::StateDir { path: std::env::temp_dir(), source })?;
        let server = Server::bind(0).await.map_err(DaemonError::Listen)?;
        let running = running(&server, &Credentials::generate());
        let config = config(&running, scratch.path().to_owned());
        let cloud = Cloud::open(config, clock, Store::memory())?;
        cloud.start();
        Ok(LocalAws::run(cloud, server, running, None, Some(scratch)))
    }

    fn run(
        cloud: Arc<Cloud>,
        server: Server,
        running: Running,
        lock: Option<Lock>,
        scratch: Option<TempDir>,
    ) -> LocalAws {
        let (shutdown, closed) = oneshot::channel();
        let task = tokio::spawn(server.serve(Arc::clone(&cloud), async {
            // A dropped sender ends the server as well.
            let _ = closed.await;
        }));
        LocalAws { cloud, running, shutdown: Some(shutdown), task: Some(task), _lock: lock, _scratch: scratch }
    }

    /// Where it answers and with which key.
    pub fn running(&self) -> Running {
        self.running.clone()
    }

    /// The cloud behind it, for a test that looks at it from inside.
    pub fn cloud(&self) -> &Arc<Cloud> {
        &self.cloud
    }

    /// Ends it as SIGTERM ends the daemon: requests in flight end, everything is written.
    ///
    /// # Errors
    /// When the state file cannot be written.
    pub async fn stop(mut self) -> Result<(), DaemonError> {
        drop(self.shutdown.take());
        if let Some(task) = self.task.take() {
            let _ = task.await;
        }
        self.cloud.store.flush()?;
        Ok(())
    }
}
