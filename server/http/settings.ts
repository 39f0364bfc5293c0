import { z } from 'zod';
import { isNetwork } from './networks.ts';

/** `[server]`: where it listens and how it is seen from outside. */
export const serverSettings = z.strictObject({
  data: z.string().min(1).default('data').describe('the one folder that holds everything'),
  host: z.string().min(1).default('127.0.0.1').describe('address to listen on'),
  port: z.number().int().min(0).max(65535).default(8080).describe('0: any free port'),
  url: z
    .url({ protocol: /^https?$/ })
    .transform((url) => url.replace(/\/+$/, ''))
    .optional()
    .describe('how clients reach the server; default: http://<host>:<port>'),
  namespace: z
    .string()
    .regex(/^[a-z][a-z0-9-]*$/, 'lower-case letters, digits, dashes')
    .default('scls')
    .describe('first part of git URLs: <url>/<namespace>/<component>.git'),
  idle_timeout: z
    .number()
    .int()
    .min(1)
    .default(120)
    .describe('seconds without a byte after which a client is cut; there is no total limit'),
});

/** In the environment a list is one text with commas. */
const list = z.union([
  z.array(z.string().min(1)),
  z.string().transform((text) =>
    text
      .split(',')
      .map((one) => one.trim())
      .filter((one) => one !== ''),
  ),
]);

/** `[tls]`: the server's own TLS listener, in place of the plain one. All are files in PEM. */
export const tlsSettings = z
  .strictObject({
    certificate: z.string().min(1).optional().describe("the server's certificate, and its chain"),
    key: z.string().min(1).optional().describe('its private key'),
    client_ca: z.string().min(1).optional().describe('who issues certificates of clients'),
    client_crl: z.string().min(1).optional().describe('what of them is revoked: one for each CA'),
  })
  .superRefine(({ certificate, key, client_ca: ca, client_crl: crl }, context) => {
    const need = (path: string, missing: boolean, message: string): void => {
      if (missing) context.addIssue({ code: 'custom', path: [path], message });
    };
    need('key', certificate !== undefined && key === undefined, 'is needed by tls.certificate');
    need('certificate', key !== undefined && certificate === undefined, 'is needed by tls.key');
    need('certificate', ca !== undefined && certificate === undefined, 'is needed by client_ca');
    need('client_ca', crl !== undefined && ca === undefined, 'is needed by client_crl');
  });

/** `[front]`: the web server in front, and what it may say of its clients. */
export const frontSettings = z.strictObject({
  addresses: list
    .refine((all) => all.every(isNetwork), 'IP addresses, or networks as 192.0.2.0/24')
    .default([])
    .describe('where the front connects from: its headers are believed from there only'),
  socket: z
    .string()
    .min(1)
    .optional()
    .describe('path of a unix socket for the front: all that comes in there is of the front'),
  kerberos_realms: list
    .refine(
      (all) => all.every((realm) => /^[A-Za-z0-9][A-Za-z0-9.-]*$/.test(realm)),
      'names of realms, as EXAMPLE.ORG',
    )
    .default([])
    .describe('realms whose principals are the users of the same name'),
});
