import { isIPv4 } from 'node:net';

/** A range of IPv4 addresses, of which the first (the network) and the last (broadcast) are not given away. */
export class AddressRange {
  readonly cidr: string;
  readonly #base: number;
  /** How many addresses can be given away. */
  readonly size: number;

  /** @throws Error when `cidr` is not like `10.96.0.0/16` */
  constructor(cidr: string) {
    const [address = '', bits = ''] = cidr.split('/');
    const prefix = /^\d{1,2}$/.test(bits) ? Number(bits) : NaN;
    if (!isIPv4(address) || !(prefix >= 8 && prefix <= 30)) {
      throw new Error(
        `the service address range must be an IPv4 network from /8 to /30 like 10.96.0.0/16, but is ${JSON.stringify(cidr)}`,
      );
    }
    this.cidr = cidr;
    const total = 2 ** (32 - prefix);
    this.#base = Math.floor(toNumber(address) / total) * total;
    this.size = total - 2;
  }

  /** The address at `offset`, from 0 to `size` - 1. */
  at(offset: number): string {
    const n = this.#base + 1 + offset;
    return [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255].join('.');
  }

  contains(address: string): boolean {
    if (!isIPv4(address)) return false;
    const offset = toNumber(address) - this.#base - 1;
    return offset >= 0 && offset < this.size;
  }
}

function toNumber(address: string): number {
  return address.split('.').reduce((n, part) => n * 256 + Number(part), 0);
}
