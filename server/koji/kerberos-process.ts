import type { KerberosAnswer, KerberosQuestion } from './kerberos-ticket.ts';

/** The process behind `withTicket`, for one login; its environment says which keytab and realms. */

const say = (answer: KerberosAnswer): void => {
  process.send?.(answer);
};

let proves: ((answer: string) => Promise<boolean>) | null = null;

async function answerTo(question: KerberosQuestion): Promise<KerberosAnswer> {
  if ('answer' in question) return { isProved: (await proves?.(question.answer)) ?? false };
  const { service, principal } = question;
  // Here, so that a package that can not be loaded is told as well.
  const { initializeClient, GSS_C_MUTUAL_FLAG, GSS_MECH_OID_SPNEGO } = await import('kerberos');
  const client = await initializeClient(service, {
    principal,
    flags: GSS_C_MUTUAL_FLAG,
    mechOID: GSS_MECH_OID_SPNEGO,
  });
  proves = async (answer) => {
    await client.step(answer);
    return client.contextComplete;
  };
  return { token: await client.step('') };
}

process.on('message', (question: KerberosQuestion) => {
  answerTo(question).then(say, (error: unknown) =>
    say({ failure: error instanceof Error ? error.message : 'no words' }),
  );
});
