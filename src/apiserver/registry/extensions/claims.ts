import { errorMessage, type Log } from '../../../base/log.ts';
import { isApiError } from '../../../apimachinery/api-error.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import type { Random } from '../../../base/random.ts';
import { KeyExists, KeyNotFound, type Entry, type Storage } from '../../../storage/storage.ts';
import type { ClaimCounts } from './claim-counts.ts';

/** The service that holds a value. */
export interface Owner {
  readonly namespace: string;
  readonly name: string;
}

/** How the claims of one kind of value are stored: one object for each value that somebody holds. */
export interface ClaimForm {
  /** The key under which all claims lie; it ends in `/`. */
  readonly prefix: string;
  /** A new claim. Its name is the last part of the key. */
  object(value: string, owner: Owner): KubeObject;
  /** Who holds it; undefined when it was made by somebody else and is not ours to take back. */
  ownerOf(claim: KubeObject): Owner | undefined;
}

/** Values that can be given away, by number. */
export interface ValueRange {
  readonly size: number;
  at(offset: number): string;
}

/** How many values are tried at random before the range is looked through. */
const PROBES = 32;

/**
 * Who holds which values, written in the store: a value is claimed by creating an object under its key, which only one
 * of all servers can do. Claims are made before what they are for is stored, and given back after that is gone; what a
 * server leaves behind that dies in between is found by `claim-repair.ts`.
 */
export class Claims {
  readonly #storage: Storage;
  readonly #form: ClaimForm;
  readonly #random: Random;
  readonly #log: Log;
  readonly #counts: ClaimCounts | undefined;

  constructor(form: ClaimForm, options: { storage: Storage; random: Random; log: Log }, counts?: ClaimCounts) {
    this.#counts = counts;
    this.#form = form;
    this.#storage = options.storage;
    this.#random = options.random;
    this.#log = options.log;
  }

  /** Claims `value`. @returns the claim, or undefined when it is taken */
  async claim(value: string, owner: Owner): Promise<Claim | undefined> {
    const claim = await this.#create(value, owner);
    this.#counts?.asked(value, 'static', claim !== undefined);
    return claim;
  }

  async #create(value: string, owner: Owner): Promise<Claim | undefined> {
    try {
      const entry = await this.#storage.create(this.#form.prefix + value, this.#form.object(value, owner));
      this.#counts?.add(value, 1);
      return { value, undo: () => this.remove(entry) };
    } catch (error) {
      if (error instanceof KeyExists) return undefined;
      throw error;
    }
  }

  /** Whether somebody holds `value`. */
  async isTaken(value: string): Promise<boolean> {
    return (await this.#storage.get(this.#form.prefix + value)) !== undefined;
  }

  /**
   * Claims any free value of `range`. The lower ones are left for those who choose themselves, while others are free.
   * `dryRun` only looks.
   * @returns undefined when all are taken
   */
  async claimAny(range: ValueRange, owner: Owner, dryRun: boolean): Promise<Claim | undefined> {
    const claim = await this.#any(range, owner, dryRun);
    if (!dryRun) this.#counts?.asked(claim?.value ?? range.at(0), 'dynamic', claim !== undefined);
    return claim;
  }

  async #any(range: ValueRange, owner: Owner, dryRun: boolean): Promise<Claim | undefined> {
    for (let i = 0; i < PROBES; i++) {
      const value = range.at(randomOffset(range.size, this.#random));
      if (await this.#storage.get(this.#form.prefix + value, { atLeast: 0 })) continue;
      const claim = dryRun ? pretended(value) : await this.#create(value, owner);
      if (claim) return claim;
    }
    return this.#search(range, owner, dryRun);
  }

  /** Gives back `values` as far as `owner` holds them. Never rejects: what stays behind is repaired later. */
  async release(values: readonly string[], owner: Owner): Promise<void> {
    await Promise.all(values.map((value) => this.#release(value, owner)));
  }

  async entries(): Promise<readonly Entry[]> {
    const { entries } = await this.#storage.list(this.#form.prefix);
    this.#counts?.all(entries.map((entry) => this.valueOf(entry)));
    return entries;
  }

  /** Who holds the claim, if it is one of ours. */
  ownerOf(entry: Entry): Owner | undefined {
    return this.#form.ownerOf(entry.object);
  }

  valueOf(entry: Entry): string {
    return entry.key.slice(this.#form.prefix.length);
  }

  /** Removes this very claim, and not one that was made of the same value since. Never rejects. */
  async remove(claim: Entry): Promise<void> {
    const { uid } = claim.object.metadata;
    try {
      let removed = false;
      const decide = ({ object }: Entry) => {
        removed = object.metadata.uid === uid;
        return removed ? 'delete' : 'keep';
      };
      await this.#storage.update(claim.key, decide, claim);
      if (removed) this.#counts?.add(this.valueOf(claim), -1);
    } catch (error) {
      if (error instanceof KeyNotFound) return;
      this.#log.warn('a claim was not given back', { key: claim.key, error: errorMessage(error) });
    }
  }

  async #release(value: string, owner: Owner): Promise<void> {
    try {
      const claim = await this.#storage.get(this.#form.prefix + value);
      if (claim && sameOwner(this.#form.ownerOf(claim.object), owner)) await this.remove(claim);
    } catch (error) {
      if (isApiError(error)) this.#log.warn('a claim was not looked at', { value, error: errorMessage(error) });
      else throw error;
    }
  }

  /** Goes through the whole range, from anywhere, by what a fresh list tells. */
  async #search(range: ValueRange, owner: Owner, dryRun: boolean): Promise<Claim | undefined> {
    const taken = new Set((await this.entries()).map((entry) => this.valueOf(entry)));
    const start = Math.floor(this.#random() * range.size);
    for (let i = 0; i < range.size; i++) {
      const value = range.at((start + i) % range.size);
      if (taken.has(value)) continue;
      const claim = dryRun ? pretended(value) : await this.#create(value, owner);
      if (claim) return claim;
    }
    return undefined;
  }
}

/** A value that was claimed, until `undo` gives it back. */
export interface Claim {
  readonly value: string;
  undo(): Promise<void>;
}

/** What a dry run holds instead of a claim. */
export function pretended(value: string): Claim {
  return { value, undo: async () => {} };
}

export function sameOwner(a: Owner | undefined, b: Owner): boolean {
  return a?.namespace === b.namespace && a.name === b.name;
}

/** A place above the reserved lower part of the range. */
function randomOffset(size: number, random: Random): number {
  const reserved = size < 32 ? 0 : Math.min(256, Math.max(16, Math.floor(size / 16)));
  return reserved + Math.floor(random() * (size - reserved));
}
