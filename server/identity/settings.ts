import { z } from 'zod';
import { sigOfDirectoryGroup } from '../../core/domain/sig.ts';
import { normalDn } from './distinguished-name.ts';

const dn = z
  .string()
  .refine(
    (text) => text !== '' && normalDn(text) !== null,
    'a distinguished name: "ou=people,dc=example,dc=org"',
  );
const attribute = z.string().regex(/^[A-Za-z][A-Za-z0-9-]*$/, 'the name of an attribute');
const group = z.string().min(1);
const LOOPBACK = /^ldap:\/\/(127(\.\d+){3}|localhost|\[::1\])(:|\/|$)/;

/** `[directory]`: LDAP, where people, passwords and groups are kept; off without `urls`. */
export const directorySettings = z
  .strictObject({
    urls: z
      .preprocess(
        (value) =>
          typeof value === 'string' ? value.split(/\s+/).filter((one) => one !== '') : value,
        z.array(z.string().regex(/^ldaps?:\/\/[^\s/@]+\/?$/, 'a URL ldaps://host or ldap://host')),
      )
      .default([])
      .describe('servers with the same content; the next is asked where one does not answer'),
    starttls: z
      .union([z.boolean(), z.stringbool()])
      .default(true)
      .describe('TLS on ldap:// before anything is sent'),
    ca_file: z.string().min(1).optional().describe('certificate authorities, PEM'),
    bind_dn: dn.optional().describe('the account that searches; default: anonymous'),
    bind_password: z.string().min(1).optional().describe('with bind_dn'),
    user_dn: z
      .string()
      .refine(
        (text) =>
          text.split('{user}').length === 2 && normalDn(text.replace('{user}', 'x')) !== null,
        'a distinguished name with {user} in it once',
      )
      .optional()
      .describe('what a user binds as; default: the entry below user_base that has the uid'),
    user_base: dn.optional().describe('users are below it'),
    group_base: dn.optional().describe('groups are directly below it, called by cn'),
    group_attribute: z
      .enum(['memberOf', 'member', 'uniqueMember', 'memberUid'])
      .default('memberOf')
      .describe('memberOf of users and groups, or what groups have'),
    chair_attribute: attribute
      .default('memberManager')
      .describe('of a group sig-<name>: who is a chair'),
    admin_group: group.optional().describe('whose members are site admins'),
    sigs: z
      .record(
        z
          .string()
          .refine((text) => sigOfDirectoryGroup(`sig-${text}`) !== null, 'the name of a SIG'),
        z.strictObject({
          members: z.array(group).default([]),
          chairs: z.array(group).default([]),
        }),
      )
      .default({})
      .describe('further groups of SIGs'),
    timeout: z.number().int().min(1).max(60).default(5).describe('seconds for an answer'),
    refresh: z.number().int().min(1).max(3600).default(300).describe('seconds between readings'),
    max_age: z
      .number()
      .int()
      .min(1)
      .max(24 * 3600)
      .default(900)
      .describe('seconds for which memberships are trusted'),
    remember_passwords: z
      .number()
      .int()
      .min(0)
      .max(3600)
      .default(60)
      .describe('seconds for which a password that was right is not tried again'),
  })
  .refine(({ urls, user_base }) => urls.length === 0 || user_base !== undefined, {
    path: ['user_base'],
    message: 'is needed where urls are given',
  })
  .refine(({ urls, group_base }) => urls.length === 0 || group_base !== undefined, {
    path: ['group_base'],
    message: 'is needed where urls are given',
  })
  .refine(
    ({ bind_dn, bind_password }) => (bind_dn === undefined) === (bind_password === undefined),
    {
      path: ['bind_dn'],
      message: 'and bind_password go together; give both',
    },
  )
  .refine(({ refresh, max_age }) => refresh < max_age, {
    path: ['max_age'],
    message: 'must be more than refresh',
  })
  .refine(
    ({ urls, starttls }) =>
      starttls || urls.every((url) => url.startsWith('ldaps:') || LOOPBACK.test(url)),
    { path: ['starttls'], message: 'can be off only for ldaps:// and this machine itself' },
  );

/** `[certificates]`: which account a client certificate is for. */
export const certificateSettings = z
  .strictObject({
    account: z
      .enum(['cn', 'email', 'uri'])
      .default('cn')
      .describe("the subject's CN, or the one email or URI of the alternative names"),
    email_domain: z.string().min(1).optional().describe('what must stand behind the @'),
    uri_prefix: z.string().min(1).optional().describe("what must stand before the account's name"),
  })
  .superRefine(({ account, email_domain: domain, uri_prefix: prefix }, context) => {
    const need = (path: string, missing: boolean): void => {
      const message = `is needed by account = "${account}"`;
      if (missing) context.addIssue({ code: 'custom', path: [path], message });
    };
    need('email_domain', account === 'email' && domain === undefined);
    need('uri_prefix', account === 'uri' && prefix === undefined);
  });
