//! Random numbers from the system.

use ring::rand::{SecureRandom as _, SystemRandom};

/// A new UUID of version 4. `None` if the system has no random numbers.
pub fn uuid() -> Option<String> {
    bytes().map(|random| uuid::Builder::from_random_bytes(random).into_uuid().to_string())
}

/// A fraction in `0.0..1.0`. `1.0` if the system has no random numbers.
pub fn fraction() -> f64 {
    bytes()
        .map_or(1.0, |random| f64::from(u32::from_le_bytes(random)) / (f64::from(u32::MAX) + 1.0))
}

fn bytes<const N: usize>() -> Option<[u8; N]> {
    let mut random = [0; N];
    SystemRandom::new().fill(&mut random).ok().map(|()| random)
}

#[cfg(test)]
mod tests {
    #[test]
    fn fractions_are_spread_over_their_range() {
        let drawn: Vec<f64> = (0..200).map(|_| super::fraction()).collect();
        assert!(drawn.iter().all(|fraction| (0.0..1.0).contains(fraction)), "{drawn:?}");
        assert!(drawn.iter().any(|fraction| *fraction < 0.5), "{drawn:?}");
        assert!(drawn.iter().any(|fraction| *fraction >= 0.5), "{drawn:?}");
    }
}
