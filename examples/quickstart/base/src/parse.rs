//! Reads orders from comma-separated text, and adds them up.

use crate::input::Random;

const LINES: usize = 1_000;
const ROUNDS: u64 = 270;

/// A line: `customer, article, quantity, price, discount`.
struct Order<'t> {
    customer: &'t str,
    article: &'t str,
    quantity: u64,
    price: u64,
    discount: u64,
}

#[inline(never)]
pub fn run() -> u64 {
    let text = text();
    let mut checksum = 0;
    for round in 0..ROUNDS {
        checksum ^= total(&text).rotate_left(round as u32);
    }
    checksum
}

#[inline(never)]
fn total(text: &str) -> u64 {
    text.lines().filter_map(order).fold(0, |sum, order| {
        let names = (order.customer.len() + order.article.len()) as u64;
        sum.wrapping_add(order.quantity * order.price * (100 - order.discount) + names)
    })
}

#[inline(never)]
fn order(line: &str) -> Option<Order<'_>> {
    let mut fields = line.split(',');
    Some(Order {
        customer: fields.next()?.trim(),
        article: fields.next()?.trim(),
        quantity: fields.next()?.trim().parse().ok()?,
        price: fields.next()?.trim().parse().ok()?,
        discount: fields.next()?.trim().parse().ok()?,
    })
}

fn text() -> String {
    let mut random = Random::new(23);
    (0..LINES)
        .map(|_| {
            let (customer, article) = (random.below(90_000), random.below(9_000));
            let (quantity, price, discount) =
                (random.below(90) + 10, random.below(900_000) + 100_000, random.below(30));
            format!("customer-{customer:05}, article-{article:04}, {quantity}, {price}, {discount}\n")
        })
        .collect()
}
