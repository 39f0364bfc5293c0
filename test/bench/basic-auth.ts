/** The header's value for a token, as git and rpkg send it. */
export function basicAuth(token: string): string {
  return `Basic ${Buffer.from(`x:${token}`).toString('base64')}`;
}
