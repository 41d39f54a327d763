/** One block between `-----BEGIN ...-----` and `-----END ...-----`. */
export interface PemBlock {
  readonly type: string;
  readonly hasHeaders: boolean;
  readonly bytes: Buffer;
}

const LARGEST = 1024 * 1024;

/** The blocks of a PEM text in their order, and what stands between them. Texts above 1 MiB hold none. */
export function pemBlocks(text: string): { blocks: PemBlock[]; between: string } {
  const blocks: PemBlock[] = [];
  let between = '';
  let block: { type: string; lines: string[] } | undefined;
  for (const line of text.length > LARGEST ? [] : text.split(/\r?\n/)) {
    const [, mark, type = ''] = /^-----(BEGIN|END) ([^-]{1,100})-----\s*$/.exec(line) ?? [];
    if (mark === 'BEGIN' && !block) block = { type, lines: [] };
    else if (mark === 'END' && block && block.type === type) {
      blocks.push(blockOf(block.type, block.lines));
      block = undefined;
    } else if (block) block.lines.push(line);
    else between += line.trim();
  }
  return { blocks, between };
}

function blockOf(type: string, lines: readonly string[]): PemBlock {
  const headers = lines.filter((line) => line.includes(':')).length;
  const body = lines.filter((line) => !line.includes(':')).join('');
  return { type, hasHeaders: headers > 0, bytes: Buffer.from(body, 'base64') };
}

/** A value of DER: its tag, and where its contents begin and end. */
interface DerValue {
  readonly tag: number;
  readonly from: number;
  readonly to: number;
}

const SEQUENCE = 0x30;
const BIT_STRING = 0x03;

/** Whether the bytes are built as a PKCS#10 request is: what is asked, an algorithm, a signature. Nothing is verified. */
export function isCertificateRequest(bytes: Buffer): boolean {
  const whole = derValue(bytes, 0, bytes.length);
  if (whole?.tag !== SEQUENCE || whole.to !== bytes.length) return false;
  const parts = derValues(bytes, whole);
  return parts?.map((part) => part.tag).join() === [SEQUENCE, SEQUENCE, BIT_STRING].join();
}

function derValues(bytes: Buffer, parent: DerValue): DerValue[] | undefined {
  const values: DerValue[] = [];
  for (let at = parent.from; at < parent.to;) {
    const value = derValue(bytes, at, parent.to);
    if (!value) return undefined;
    values.push(value);
    at = value.to;
  }
  return values;
}

function derValue(bytes: Buffer, at: number, end: number): DerValue | undefined {
  if (at + 2 > end) return undefined;
  const first = bytes[at + 1]!;
  const more = first < 0x80 ? 0 : first & 0x7f;
  if (more > 4 || at + 2 + more > end || first === 0x80) return undefined;
  const length = more === 0 ? first : bytes.readUIntBE(at + 2, more);
  const from = at + 2 + more;
  return from + length <= end ? { tag: bytes[at]!, from, to: from + length } : undefined;
}
