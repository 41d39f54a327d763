/** Numbers of record types (IANA) that the code asks for by name. */
export const recordType = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  DNAME: 39,
  OPT: 41,
  IXFR: 251,
  AXFR: 252,
  MAILB: 253,
  MAILA: 254,
  ANY: 255,
} as const;

/** Names of the types that metrics tell apart; all others count as `other`, as CoreDNS' do. */
const shown: Readonly<Record<number, string>> = {
  1: 'A',
  2: 'NS',
  5: 'CNAME',
  6: 'SOA',
  12: 'PTR',
  15: 'MX',
  16: 'TXT',
  28: 'AAAA',
  33: 'SRV',
  35: 'NAPTR',
  43: 'DS',
  48: 'DNSKEY',
  65: 'HTTPS',
};

export function typeName(type: number): string {
  return shown[type] ?? 'other';
}

export const rcode = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  BADVERS: 16,
} as const;

const rcodeNames: Readonly<Record<number, string>> = Object.fromEntries(
  Object.entries(rcode).map(([name, code]) => [code, name]),
);

export function rcodeName(code: number): string {
  return rcodeNames[code] ?? String(code);
}

/** Bits of the second 16-bit word of a message. */
export const flag = { QR: 0x8000, AA: 0x0400, TC: 0x0200, RD: 0x0100, RA: 0x0080, CD: 0x0010 } as const;

export const CLASS_IN = 1;
export const HEADER = 12;
/** Bytes of an answer over UDP to those who do not say that they take more. */
export const PLAIN_UDP = 512;
/** The most bytes that we send over UDP: what crosses every network in one piece. */
export const LARGEST_UDP = 1232;
export const LARGEST_TCP = 65_535;
