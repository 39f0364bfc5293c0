/**
 * What is used of the npm package `kerberos`, which is no dependency: whoever logs in at Koji by
 * Kerberos installs it, and everybody else needs neither a compiler nor Kerberos' headers.
 */
declare module 'kerberos' {
  export interface KerberosClient {
    /** Was the other side's answer the service's own? */
    readonly contextComplete: boolean;
    /** @param challenge what the other side said, in base64; '' at first */
    step(challenge: string): Promise<string>;
  }
  /** @param service `HTTP@koji.example.org` */
  export function initializeClient(
    service: string,
    options: { readonly principal: string; readonly flags: number; readonly mechOID: number },
  ): Promise<KerberosClient>;
  export const GSS_C_MUTUAL_FLAG: number;
  export const GSS_MECH_OID_SPNEGO: number;
}
