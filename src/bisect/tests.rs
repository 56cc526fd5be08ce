use super::*;

/// A range in which every commit from `culprit` on is slower.
struct Range {
    commits: usize,
    culprit: usize,
    step: f64,
    sd: f64,
    build_sd: f64,
    unbuildable: Vec<usize>,
    random: fastrand::Rng,
}

impl Range {
    fn new(seed: u64) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        let culprit = random.usize(..60);
        Self { commits: 60, culprit, step: 0.08, sd: 0.03, build_sd: 0.005, unbuildable: vec![], random }
    }

    /// Standard normal (Box and Muller 1958).
    fn normal(&mut self) -> f64 {
        (-2.0 * (1.0 - self.random.f64()).ln()).sqrt() * (std::f64::consts::TAU * self.random.f64()).cos()
    }

    fn pairs(&mut self, commit: usize, n: u32) -> Vec<f64> {
        // The bias is the build's own, however often it is launched.
        let mut own = fastrand::Rng::with_seed(commit as u64 + 1000 * self.culprit as u64);
        let bias = self.build_sd * 3.4 * (own.f64() - 0.5);
        let level = if commit >= self.culprit { self.step } else { 0.0 };
        (0..n).map(|_| level + bias + self.sd * self.normal()).collect()
    }

    /// Searches to the end; the pairs it took, those of the ends left out.
    fn search(&mut self) -> (Search, usize) {
        let seen = self.pairs(self.commits - 1, 10);
        let step = seen.iter().sum::<f64>() / 10.0;
        let mut search = Search::new(self.commits, seen, step, 0.01, 0.99);
        let mut built = BTreeSet::new();
        let mut pairs = 0;
        for _ in 0..500 {
            let price = |commit| Price { build_s: if built.contains(&commit) { 0.0 } else { 0.2 }, pair_s: 0.1 };
            let Some(visit) = search.next(price) else { break };
            if self.unbuildable.contains(&visit.commit) {
                search.skip(visit.commit);
                continue;
            }
            built.insert(visit.commit);
            pairs += visit.pairs as usize;
            search.take(visit.commit, &self.pairs(visit.commit, visit.pairs));
        }
        (search, pairs)
    }
}

#[test]
fn the_culprit_is_found_and_its_probability_is_kept() {
    let (mut right, mut sure, mut pairs) = (0, 0, 0);
    for seed in 0..100 {
        let mut range = Range::new(seed);
        let (search, cost) = range.search();
        let standing = search.standing();
        sure += u32::from(standing.probability >= 0.99);
        right += u32::from(standing.culprits == [range.culprit]);
        pairs += cost;
    }
    assert!(sure >= 95 && right >= 97, "{sure} searches ended sure, {right} were right");
    assert!(pairs < 100 * 36, "{pairs} pairs in 100 searches");
}

#[test]
fn noise_as_large_as_the_step_takes_longer_and_is_right_as_often() {
    let mut right = 0;
    for seed in 0..40 {
        let mut range = Range { sd: 0.08, ..Range::new(seed) };
        right += u32::from(range.search().0.standing().culprits == [range.culprit]);
    }
    assert!(right >= 37, "{right} of 40");
}

#[test]
fn commits_that_do_not_build_are_named_with_the_next_that_does() {
    let mut range = Range { culprit: 20, unbuildable: vec![18, 19, 40], ..Range::new(1) };
    let standing = range.search().0.standing();
    assert_eq!(standing.culprits, [18, 19, 20]);
    assert!(standing.probability >= 0.99, "{standing:?}");
}

#[test]
fn commits_with_equal_executables_are_measured_once_and_are_no_culprits() {
    let mut search = Search::new(10, vec![0.08; 10], 0.08, 0.01, 0.99);
    search.take(3, &[0.0, 0.001]);
    search.same(Some(3), 6);
    assert_eq!(search.pairs(6), search.pairs(3));
    search.take(6, &[0.002]);
    assert_eq!(search.pairs(3).len(), 3);
    search.same(None, 1);
    let standing = search.standing();
    for commit in [0, 1, 4, 5, 6] {
        assert_eq!(standing.posterior[commit], 0.0, "{standing:?}");
    }
    assert!(standing.posterior[7] > 0.2, "{standing:?}");
}

#[test]
fn a_step_that_builds_differ_by_anyway_is_never_sure() {
    let mut range = Range { step: 0.008, sd: 0.002, build_sd: 0.006, ..Range::new(5) };
    let (search, _) = range.search();
    let standing = search.standing();
    assert!(standing.probability < 0.99, "{standing:?}");
    assert!(standing.credible.len() > 1);
}

#[test]
fn nothing_is_no_range() {
    let search = Search::new(0, vec![], 0.1, 0.01, 0.99);
    assert_eq!(search.next(|_| Price { build_s: 0.0, pair_s: 1.0 }), None);
    let one = Search::new(1, vec![0.1; 6], 0.1, 0.01, 0.99).standing();
    assert_eq!(one.culprits, [0]);
}
