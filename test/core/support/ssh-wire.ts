/** The wire form of SSH (RFC 4251), written apart from the code that reads it. */
export const wireString = (content: Buffer | string): Buffer => {
  const bytes = Buffer.from(content as string);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
};
export const wireUint64 = (value: bigint): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(value);
  return bytes;
};
export const wireUint32 = (value: number): Buffer => wireUint64(BigInt(value)).subarray(4);
/** A positive number: a zero byte in front where the first bit is set. */
export const wireNumber = (value: bigint): Buffer => {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  return wireString((bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes);
};

/** The fields behind the type's name, for each type; `fill` is what their bytes are. */
export function keyFields(type: string, fill: number, rsaBits = 3072): Buffer {
  const application = type.startsWith('sk-') ? [wireString('ssh:')] : [];
  const curve = /nistp(\d+)/.exec(type);
  if (type === 'ssh-rsa')
    return Buffer.concat([wireNumber(65_537n), wireNumber((1n << BigInt(rsaBits - 1)) + 1n)]);
  if (curve === null) return Buffer.concat([wireString(Buffer.alloc(32, fill)), ...application]);
  const point = Buffer.concat([
    Buffer.of(4),
    Buffer.alloc(2 * Math.ceil(Number(curve[1]) / 8), fill),
  ]);
  return Buffer.concat([wireString(curve[0]), wireString(point), ...application]);
}

export const keyBlob = (type: string, fill = 7, rsaBits?: number): Buffer =>
  Buffer.concat([wireString(type), keyFields(type, fill, rsaBits)]);
