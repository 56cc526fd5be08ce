//! A noisy neighbour: loops that are busy in bursts, with arithmetic and with memory.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Numbers that a loop walks through: 8 MiB, so that caches are shared too.
const NUMBERS: usize = 1 << 20;

/// The loops. They are threads of this process, which no gate run shares, so that however it ends they end with it.
pub(crate) struct Load {
    stop: Arc<AtomicBool>,
    loops: Vec<JoinHandle<()>>,
}

impl Load {
    pub(crate) fn start(loops: usize) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let start = |seed| {
            let stop = Arc::clone(&stop);
            thread::spawn(move || bursts(&stop, fastrand::Rng::with_seed(seed)))
        };
        Self { loops: (0..loops as u64).map(start).collect(), stop }
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.loops.drain(..).for_each(|one| drop(one.join()));
    }
}

/// Busy for 0.1 to 1.5 s, idle for as long, and so on: half of the time on average.
fn bursts(stop: &AtomicBool, mut random: fastrand::Rng) {
    let mut numbers = vec![1_u64; NUMBERS];
    while !stop.load(Ordering::Relaxed) {
        let until = Instant::now() + Duration::from_millis(random.u64(100..1_500));
        while Instant::now() < until && !stop.load(Ordering::Relaxed) {
            for _ in 0..10_000 {
                let place = random.usize(..NUMBERS);
                numbers[place] = numbers[place].wrapping_mul(31).wrapping_add(place as u64);
            }
            black_box(&mut numbers);
        }
        thread::sleep(Duration::from_millis(random.u64(100..1_500)));
    }
}
