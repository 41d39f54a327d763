import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Image, ImageCredentials } from '../runtime/runtime.ts';
import { parseImageName } from './image-name.ts';
import type { PullCredentials, SecretIdentity } from './pull-secrets.ts';

interface SecretAccess extends SecretIdentity {
  /** Of user and password: a secret that is made anew, or another one, may say the same. */
  readonly credentialHash: string;
}

/** Who may use an image, by the name of its repository. */
type Access = Record<string, { readonly everybody?: boolean; readonly secrets: readonly SecretAccess[] }>;

/**
 * Remembers with which credentials images were pulled, so that a pod does not get what another one's secret has brought
 * here (KEP-2535). Images that nobody has pulled, or under another name only, are for all pods.
 *
 * A file `pulling/<image name>` stands while a pull is under way: when it is left over, nobody knows who may use the image.
 */
export class PullRecords {
  readonly #folder: string;

  /** @param folder of the kubelet alone */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Notes that an image is about to be pulled. */
  async begin(image: string): Promise<void> {
    await mkdir(join(this.#folder, 'pulling'), { recursive: true, mode: 0o700 });
    await writeFile(this.#pulling(image), '', { mode: 0o600 });
  }

  /** Forgets a pull that has failed. */
  async failed(image: string): Promise<void> {
    await rm(this.#pulling(image), { force: true });
  }

  /** Notes with what an image was pulled; absent, or of no secret: all pods may use it. */
  async pulled(image: string, id: string, credentials?: PullCredentials): Promise<void> {
    const access = (await this.#read(id)) ?? {};
    const repository = repositoryOf(image);
    const { everybody = false, secrets = [] } = Object.hasOwn(access, repository) ? access[repository]! : {};
    const secret = credentials?.secret && { ...credentials.secret, credentialHash: hashOf(credentials) };
    const others = secrets.filter(({ uid }) => uid !== secret?.uid);
    access[repository] = { everybody: everybody || !secret, secrets: secret ? [...others, secret] : others };
    await this.#write(id, access);
    await this.failed(image);
  }

  /**
   * Whether a pod with these credentials may use an image that is here, without asking the registry.
   * @param credentials is only asked when it depends on them
   */
  async mayUse(
    image: string,
    { id, names }: Pick<Image, 'id' | 'names'>,
    credentials: () => Promise<readonly PullCredentials[]>,
  ): Promise<boolean> {
    const access = await this.#read(id);
    if (!access) return !(await exists(this.#pulling(image)));
    const repository = repositoryOf(image);
    // What was made or loaded here has no digest of a registry.
    if (!Object.hasOwn(access, repository)) return !names.some((name) => name.startsWith(`${repository}@`));
    const { everybody, secrets } = access[repository]!;
    if (everybody) return true;
    const given = await credentials();
    return secrets.some((known) => given.some((one) => isThat(known, one)));
  }

  async #read(id: string): Promise<Access | undefined> {
    try {
      const value: unknown = JSON.parse(await readFile(this.#record(id), 'utf8'));
      return typeof value === 'object' && value !== null ? { ...(value as Access) } : {};
    } catch (error) {
      // What cannot be read says nothing: nobody may use the image then.
      return (error as NodeJS.ErrnoException).code === 'ENOENT' ? undefined : {};
    }
  }

  async #write(id: string, access: Access): Promise<void> {
    await mkdir(join(this.#folder, 'pulled'), { recursive: true, mode: 0o700 });
    const path = this.#record(id);
    await writeFile(`${path}.new`, JSON.stringify(access), { mode: 0o600 });
    await rename(`${path}.new`, path);
  }

  #record(id: string): string {
    return join(this.#folder, 'pulled', fileName(id));
  }

  #pulling(image: string): string {
    return join(this.#folder, 'pulling', fileName(image));
  }
}

/** The same secret, whatever it says now, or another one that says the same. */
function isThat(known: SecretAccess, given: PullCredentials): boolean {
  const { secret } = given;
  const same = secret?.uid === known.uid && secret.namespace === known.namespace && secret.name === known.name;
  return same || hashOf(given) === known.credentialHash;
}

function hashOf({ username, password }: ImageCredentials): string {
  return sha256(JSON.stringify([username, password]));
}

function fileName(text: string): string {
  return `sha256-${sha256(text)}`;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function repositoryOf(image: string): string {
  return (parseImageName(image)?.repository ?? image).replace(/^docker\.io\/(library\/)?/, '');
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}
