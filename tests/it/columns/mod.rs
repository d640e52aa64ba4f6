//! Tables as arguments: their fields, their names, and what is wrong with them; lists that are joined;
//! and jobs in random order.

mod headers;
mod joined_lists;
mod random_order;
mod tables;
