const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** See `CommandContext`. */
export async function interruptible<T>(act: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  for (const name of SIGNALS) process.once(name, stop);
  try {
    return await act(controller.signal);
  } finally {
    for (const name of SIGNALS) process.off(name, stop);
  }
}
