/** Milliseconds that an answer stands. */
const KEEP_MS = 2000;
/** Answers that are kept. */
const MAX_KEPT = 200;

interface Kept<T> {
  readonly answer: Promise<T>;
  /** Milliseconds of `performance.now`. */
  until: number;
}

/**
 * Lets all who ask the same at about the same time share one answer, which is that of one moment.
 * Failures are not kept.
 * @param keepMs how old an answer may be
 */
export function sharedAnswers<K, T>(
  ask: (question: K) => Promise<T>,
  keepMs = KEEP_MS,
): (question: K) => Promise<T> {
  /** The oldest first. */
  const kept = new Map<K, Kept<T>>();
  return (question) => {
    const known = kept.get(question);
    if (known !== undefined && known.until > performance.now()) return known.answer;
    const asked: Kept<T> = { answer: ask(question), until: Number.POSITIVE_INFINITY };
    asked.answer.then(
      () => {
        asked.until = performance.now() + keepMs;
      },
      () => {
        if (kept.get(question) === asked) kept.delete(question);
      },
    );
    kept.delete(question);
    kept.set(question, asked);
    const [oldest] = kept.size > MAX_KEPT ? kept.keys() : [];
    if (oldest !== undefined) kept.delete(oldest);
    return asked.answer;
  };
}
