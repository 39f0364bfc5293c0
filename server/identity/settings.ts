import { z } from 'zod';

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
