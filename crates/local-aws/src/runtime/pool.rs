//! The warm processes of every function version.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::sandbox::Sandbox;
use super::{Invocation, Request, Spec};
use crate::Cloud;

/// A warm process that waits longer than this is ended.
const IDLE_LIMIT: Duration = Duration::from_secs(300);
/// How often idle processes are looked at.
const SWEEP_EVERY: Duration = Duration::from_secs(30);
/// More warm processes of one version than this are not kept.
const IDLE_MOST: usize = 10;

/// Runs functions; keeps their processes warm between invocations.
#[derive(Debug, Default)]
pub struct Runtime {
    pools: Mutex<HashMap<PoolKey, Pool>>,
    sweeping: AtomicBool,
}

/// The function's ARN and the version.
type PoolKey = (String, String);

#[derive(Debug, Default)]
struct Pool {
    revision: String,
    idle: Vec<(Instant, Sandbox)>,
    busy: usize,
}

/// The limits that an invocation has to fit in.
#[derive(Clone, Copy, Debug)]
pub struct Concurrency {
    /// Of this function alone, if any are reserved.
    pub reserved: Option<usize>,
    /// Of the account.
    pub account: usize,
}

/// Which limit an invocation does not fit in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Throttled {
    Reserved,
    Account,
}

/// A place among the concurrent invocations; leaving it frees the place.
#[derive(Debug)]
struct Seat<'a> {
    runtime: &'a Runtime,
    key: PoolKey,
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        self.runtime.with(|pools| {
            if let Some(pool) = pools.get_mut(&self.key) {
                pool.busy = pool.busy.saturating_sub(1);
            }
        });
    }
}

impl Runtime {
    /// Runs `request` in a warm process of `spec`, or in a new one.
    ///
    /// # Errors
    /// When the function or the account runs as many invocations as it may.
    pub async fn invoke(
        &self,
        cloud: &Arc<Cloud>,
        spec: &Arc<Spec>,
        request: &Request,
        limits: Concurrency,
    ) -> Result<Invocation, Throttled> {
        let (seat, warm) = self.enter(spec, limits)?;
        self.sweep_sometimes(cloud);
        let sandbox = match warm {
            Some(sandbox) => sandbox,
            None => match Sandbox::start(cloud, spec, request).await {
                Ok(sandbox) => sandbox,
                Err(invocation) => return Ok(*invocation),
            },
        };
        let (invocation, sandbox) = sandbox.invoke(cloud, request).await;
        if let Some(sandbox) = sandbox {
            self.keep(&seat.key, sandbox);
        }
        Ok(invocation)
    }

    /// Ends the warm processes of the function with this ARN: it was changed or deleted.
    pub fn retire(&self, function_arn: &str) {
        let retired: Vec<(Instant, Sandbox)> = self.with(|pools| {
            let of_function = pools.iter_mut().filter(|((arn, _), _)| arn == function_arn);
            of_function
                .flat_map(|(_, pool)| {
                    // What is busy now has no revision to come back to.
                    pool.revision.clear();
                    std::mem::take(&mut pool.idle)
                })
                .collect()
        });
        drop(retired);
    }

    /// How many processes wait for an event.
    pub fn warm(&self) -> usize {
        self.with(|pools| pools.values().map(|pool| pool.idle.len()).sum())
    }

    fn enter(&self, spec: &Spec, limits: Concurrency) -> Result<(Seat<'_>, Option<Sandbox>), Throttled> {
        let key = (spec.function_arn.clone(), spec.version.clone());
        let (warm, old) = self.with(|pools| {
            let busy_here: usize = pools.iter().filter(|((arn, _), _)| *arn == key.0).map(|(_, pool)| pool.busy).sum();
            if limits.reserved.is_some_and(|reserved| busy_here >= reserved) {
                return Err(Throttled::Reserved);
            }
            if pools.values().map(|pool| pool.busy).sum::<usize>() >= limits.account {
                return Err(Throttled::Account);
            }
            let pool = pools.entry(key.clone()).or_default();
            let mut old = Vec::new();
            if pool.revision != spec.revision {
                pool.revision.clone_from(&spec.revision);
                old = std::mem::take(&mut pool.idle);
            }
            pool.busy += 1;
            let mut warm = None;
            while let Some((since, mut sandbox)) = pool.idle.pop() {
                if sandbox.is_alive() {
                    warm = Some(sandbox);
                    break;
                }
                old.push((since, sandbox));
            }
            Ok((warm, old))
        })?;
        drop(old);
        Ok((Seat { runtime: self, key }, warm))
    }

    fn keep(&self, key: &PoolKey, sandbox: Sandbox) {
        let surplus = self.with(|pools| match pools.get_mut(key) {
            Some(pool) if pool.revision == sandbox.spec().revision && pool.idle.len() < IDLE_MOST => {
                pool.idle.push((Instant::now(), sandbox));
                None
            }
            _ => Some(sandbox),
        });
        drop(surplus);
    }

    fn sweep_sometimes(&self, cloud: &Arc<Cloud>) {
        if self.sweeping.swap(true, Ordering::SeqCst) {
            return;
        }
        let cloud = Arc::downgrade(cloud);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(SWEEP_EVERY).await;
                let Some(cloud) = cloud.upgrade() else { return };
                cloud.lambda.runtime.sweep();
            }
        });
    }

    /// Ends processes that have waited longer than [`IDLE_LIMIT`].
    fn sweep(&self) {
        let expired: Vec<(Instant, Sandbox)> = self.with(|pools| {
            let mut expired = Vec::new();
            for pool in pools.values_mut() {
                let (old, young) = pool.idle.drain(..).partition(|(since, _)| since.elapsed() > IDLE_LIMIT);
                pool.idle = young;
                expired.extend::<Vec<_>>(old);
            }
            pools.retain(|_, pool| pool.busy > 0 || !pool.idle.is_empty());
            expired
        });
        drop(expired);
    }

    fn with<R>(&self, change: impl FnOnce(&mut HashMap<PoolKey, Pool>) -> R) -> R {
        change(&mut self.pools.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
