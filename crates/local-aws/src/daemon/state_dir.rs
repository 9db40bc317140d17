//! The files of one project's local AWS.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::DaemonError;

/// How much of the log an error message quotes, in bytes.
const TAIL_BYTES: u64 = 4_096;

/// The state folder of a project, by its files.
#[derive(Clone, Debug)]
pub struct StateDir(PathBuf);

/// The right to serve from a state folder; ends with the value.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl StateDir {
    /// The folder at `path`, which need not be there yet.
    pub fn at(path: &Path) -> StateDir {
        StateDir(path.to_owned())
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Makes the folder, readable by its owner only.
    ///
    /// # Errors
    /// [`DaemonError::StateDir`] when it cannot be made or is someone else's.
    pub fn create(&self) -> Result<(), DaemonError> {
        let failed = |source| DaemonError::StateDir { path: self.0.clone(), source };
        DirBuilder::new().recursive(true).mode(0o700).create(&self.0).map_err(failed)?;
        let permissions = std::fs::Permissions::from_mode(0o700);
        std::fs::set_permissions(&self.0, permissions).map_err(failed)?;
        // Root may write anywhere by permission; a read-only file system shows only on writing.
        let probe = self.0.join(".writable");
        std::fs::write(&probe, b"").map_err(failed)?;
        std::fs::remove_file(&probe).map_err(failed)
    }

    pub fn credentials_file(&self) -> PathBuf {
        self.0.join("credentials.json")
    }

    pub fn port_file(&self) -> PathBuf {
        self.0.join("port")
    }

    pub fn log_file(&self) -> PathBuf {
        self.0.join("local-aws.log")
    }

    pub fn store_file(&self) -> PathBuf {
        self.0.join("state.redb")
    }

    fn lock_file(&self) -> PathBuf {
        self.0.join("lock")
    }

    /// Takes the folder for this process.
    ///
    /// # Errors
    /// [`DaemonError::AlreadyRunning`] while another process has it.
    pub fn lock(&self) -> Result<Lock, DaemonError> {
        let path = self.lock_file();
        let failed = |source| DaemonError::StateDir { path: path.clone(), source };
        let mut options = OpenOptions::new();
        let mut file =
            options.read(true).write(true).create(true).truncate(false).mode(0o600).open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(DaemonError::AlreadyRunning { path: self.0.clone(), pid: self.holder() });
            }
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        file.set_len(0).map_err(failed)?;
        file.seek(SeekFrom::Start(0)).map_err(failed)?;
        file.write_all(std::process::id().to_string().as_bytes()).map_err(failed)?;
        Ok(Lock { _file: file })
    }

    /// The process that has the folder, if one has.
    pub fn holder(&self) -> Option<u32> {
        let file = File::open(self.lock_file()).ok()?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                File::open(self.lock_file()).ok()?.take(32).read_to_string(&mut text).ok()?;
                text.trim().parse().ok()
            }
            // Free: the lock ends with `file`.
            _ => None,
        }
    }

    /// The port that this project's local AWS keeps.
    ///
    /// # Errors
    /// [`DaemonError::Damaged`] when the file holds no port.
    pub fn port(&self) -> Result<Option<u16>, DaemonError> {
        let path = self.port_file();
        match std::fs::read_to_string(&path) {
            Ok(text) => match text.trim().parse() {
                Ok(port) if port != 0 => Ok(Some(port)),
                _ => Err(DaemonError::Damaged { path, message: "it holds no port number".to_owned() }),
            },
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(source) => Err(DaemonError::StateDir { path, source }),
        }
    }

    /// Keeps `port` for the next start.
    ///
    /// # Errors
    /// [`DaemonError::StateDir`] when the file cannot be written.
    pub fn keep_port(&self, port: u16) -> Result<(), DaemonError> {
        self.write_private(&self.port_file(), format!("{port}\n").as_bytes())
    }

    /// Writes a file of mode 0600 in one step: readers see the old one or the new one.
    ///
    /// # Errors
    /// [`DaemonError::StateDir`] when it cannot be written.
    pub fn write_private(&self, path: &Path, bytes: &[u8]) -> Result<(), DaemonError> {
        let failed = |source| DaemonError::StateDir { path: path.to_owned(), source };
        let draft = path.with_extension(format!("{}.new", std::process::id()));
        let mut file =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft).map_err(failed)?;
        file.write_all(bytes).and_then(|()| file.sync_all()).map_err(failed)?;
        std::fs::rename(&draft, path).map_err(failed)
    }

    /// The last lines of the log.
    pub fn log_tail(&self) -> String {
        let Ok(mut file) = File::open(self.log_file()) else { return String::new() };
        let length = file.metadata().map_or(0, |metadata| metadata.len());
        let _ = file.seek(SeekFrom::Start(length.saturating_sub(TAIL_BYTES)));
        let mut bytes = Vec::new();
        let _ = file.take(TAIL_BYTES).read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}
