//! Every integration test in one binary: the promises by property and by fault, through the front door.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, reason = "tests may fail by panicking")]

mod browser;
mod collect;
mod config;
mod console;
mod crawl;
mod demo;
mod discover;
mod extract;
mod gate;
mod index;
mod init;
mod kill;
mod officer_keys;
mod order;
mod portal;
mod quarantine;
mod register;
mod robots;
mod rule_desk;
mod rules;
mod sandbox;
mod search;
mod site;
mod store;
mod testapp;
