/**
 * What a push leaves in the reflog, as the committer's mail address: the only trace of *which* push
 * moved a ref that outlives the server.
 */
export function pushMark(push: string): string {
  return `push-${push}`;
}
