// Loading in steps: what an earlier step opened must not stay in memory when a later one fails, since every call tries again.

/** What `build` makes of a loaded thing; the thing is freed when that fails. */
export async function orRelease<T>(loaded: { release(): Promise<void> }, build: () => T | Promise<T>): Promise<T> {
  try {
    return await build();
  } catch (error) {
    await loaded.release();
    throw error;
  }
}
