/** An error of the body, which is none of the store's. */
export class BodyError extends Error {}

/** The same pieces; what the body fails with comes as the cause of a `BodyError`. */
export async function* ownErrors(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* body;
  } catch (cause) {
    throw new BodyError('The body broke off.', { cause });
  }
}
