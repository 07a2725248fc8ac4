//! Starts the command line.

use std::process::ExitCode;

/// A request is many small allocations; this allocator makes each of them cheaper than the C library's does.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    pufa::cli::main()
}
