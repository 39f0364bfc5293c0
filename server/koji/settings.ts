import { z } from 'zod';
import { KOJI_NAME_TEMPLATES } from '../../core/domain/koji-names.ts';
import { profileSettings } from './profile-settings.ts';

const file = z.string().min(1);
const templates = Object.keys(KOJI_NAME_TEMPLATES) as (keyof typeof KOJI_NAME_TEMPLATES)[];

/** `[koji]`: the hub where packages are built; off without `url`. */
export const kojiSettings = z
  .strictObject({
    url: z
      .string()
      .regex(/^https:\/\/[^\s/?#@]+(\/[^\s?#@]*)?$/, 'is https://HOST/kojihub')
      .transform((url) => url.replace(/\/$/, ''))
      .optional()
      .describe('the hub; without it there is no Koji'),
    certificate_file: file.optional().describe('PEM, of the account of the server at the hub'),
    key_file: file.optional().describe('PEM, the key of the certificate'),
    principal: z
      .string()
      .regex(/^[\w.-]+(\/[\w.-]+)?@[\w.-]+$/, 'is NAME@REALM or NAME/HOST@REALM')
      .optional()
      .describe('the account of the server by Kerberos, instead of a certificate'),
    keytab_file: file.optional().describe('the keys of the principal'),
    krb5_config_file: file.optional().describe("realms and KDCs; default: the machine's own"),
    ca_file: file.optional().describe('PEM, who signed the certificate of the hub'),
    topurl: z
      .string()
      .regex(/^https?:\/\/[^\s/?#@'"\\{}$]+(\/[^\s?#@'"\\{}$]*)?$/, 'is https://HOST/kojifiles')
      .transform((url) => url.replace(/\/$/, ''))
      .default('https://cbs.centos.org/kojifiles')
      .describe("where the hub's files are, with the repositories of its tags"),
    names: z.enum(templates).default('cbs').describe('how tags and targets are called'),
    owner: z
      .string()
      .regex(/^[A-Za-z0-9/_.@{}-]+$/, 'the name of a user of Koji, with {sig} where the SIG is')
      .default('{sig}')
      .describe('who owns packages in Koji; {sig} is the name of the SIG'),
    profiles: profileSettings.prefault({}).describe('what a build tag has, by EL release'),
    poll: z.number().int().min(1).max(3600).default(15).describe('seconds between looks at tasks'),
    drift_interval: z
      .number()
      .int()
      .min(60)
      .max(86400 * 7)
      .default(3600)
      .describe('seconds between looks for what Koji has otherwise than declared'),
    timeout: z.number().int().min(1).max(600).default(60).describe('seconds for an answer'),
  })
  .superRefine((settings, context) => {
    const { url, certificate_file, key_file, principal, keytab_file } = settings;
    const byKerberos = Object.entries({ principal, keytab_file });
    const isByKerberos = byKerberos.some(([, value]) => value !== undefined);
    const byCertificate = Object.entries({ certificate_file, key_file });
    const problem = (name: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [name], message });
    if (url === undefined) return;
    for (const [name, value] of isByKerberos ? byKerberos : byCertificate)
      if (value === undefined) problem(name, 'is needed where url is given');
    if (!isByKerberos) return;
    for (const [name, value] of byCertificate)
      if (value !== undefined) problem(name, 'is not for an account by Kerberos');
  });
