//! The whole public log, leaf by leaf: what the signed root has to come to.

use super::remote::Remote;
use crate::audit::Ended;
use indicatif::ProgressBar;
use ledger::merkle::Hash;
use ledger::tile::TilePath;
use std::collections::VecDeque;
use tokio::task::JoinHandle;

/// Leaves in a full tile (C2SP tlog-tiles).
const WIDTH: u64 = 256;
/// So many tiles are asked for at a time: enough to hide the way there and back.
const AT_ONCE: usize = 8;

/// A tile on its way: where its leaves begin, and its bytes.
type Coming = (u64, JoinHandle<Result<Vec<u8>, Ended>>);

/// Gives every leaf from number `from` up to `size` in order, until `told` refuses one.
pub async fn each(
    remote: &Remote,
    from: u64,
    size: u64,
    bar: &ProgressBar,
    mut told: impl FnMut(Hash) -> Result<(), Ended>,
) -> Result<(), Ended> {
    let (mut at, mut next, mut coming) = (from, from / WIDTH, VecDeque::new());
    while at < size {
        while coming.len() < AT_ONCE && next * WIDTH < size {
            coming.push_back(ask(remote, next, size));
            next += 1;
        }
        let Some((start, tile)) = coming.pop_front() else { break };
        let bytes = tile.await.map_err(|_| Ended::NotMade("the audit was stopped".into()))??;
        for (leaf, number) in bytes.as_chunks::<32>().0.iter().zip(start..) {
            if number >= at {
                told(*leaf)?;
                at = number + 1;
            }
        }
        bar.set_position(at);
    }
    Ok(())
}

/// Asks for a tile of leaves, whole or as far as the log goes.
fn ask(remote: &Remote, index: u64, size: u64) -> Coming {
    let width = WIDTH.min(size - index * WIDTH);
    let path = TilePath { level: 0, index, width: u16::try_from(width).unwrap_or(u16::MAX) };
    let remote = remote.clone();
    let asked = async move {
        let bytes = remote.ask(|client| async move { client.tile(&path).await }).await?;
        match bytes.len() == path.bytes() {
            true => Ok(bytes),
            false => Err(Ended::Found(format!("tile {path} has {} bytes instead of {}", bytes.len(), path.bytes()))),
        }
    };
    (index * WIDTH, tokio::spawn(asked))
}
