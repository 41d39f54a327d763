import { readFile } from 'node:fs/promises';
import { pack } from 'tar-stream';
import { run } from '../../linux/exec.ts';
import { dockerMessage, hasStatus, type DockerEngine } from './docker.ts';

/** The image of sandboxes. */
export const pauseImage = 'coxswain/pause:1';

const busyboxPath = '/bin/busybox';

/** An image that is made here of the distribution's static busybox, so that nothing is downloaded. */
interface BuiltIn {
  readonly name: string;
  /** Dockerfile instructions. */
  readonly changes: readonly string[];
  /** Whether every command of busybox gets a link. */
  readonly commands: boolean;
  readonly files: Readonly<Record<string, string>>;
}

/** Waits and reaps: a shell that waits reaps every child, and ends at once when told to. */
const wait = `trap 'exit 0' TERM INT; while :; do sleep 2147483 & wait $!; done`;

/** A shell as first process, because it ends when told to, which a server without a handler would not. */
const serve = `trap 'kill $!; exit 0' TERM INT
mkdir -p /tmp/www 2>/dev/null
echo "Hello from $(hostname), release $RELEASE." > /tmp/www/index.html
httpd -f -p "\${PORT:-8080}" -h /tmp/www &
wait $!
`;

const builtIns: readonly BuiltIn[] = [
  {
    name: pauseImage,
    changes: [`ENTRYPOINT ${JSON.stringify([busyboxPath, 'sh', '-c', wait])}`],
    commands: false,
    files: {},
  },
  ...['1', '2'].map((release) => ({
    name: `coxswain/hello:${release}`,
    changes: ['ENV PATH=/bin', `ENV RELEASE=${release}`, 'EXPOSE 8080', 'CMD ["/bin/sh", "/bin/hello"]'],
    commands: true,
    files: { 'bin/hello': serve },
  })),
];

/** Makes the images that are missing: that of sandboxes, and a small web server to try things with. */
export async function ensureBuiltInImages(docker: DockerEngine): Promise<void> {
  await Promise.all(builtIns.map((image) => ensure(docker, image)));
}

async function ensure(docker: DockerEngine, image: BuiltIn): Promise<void> {
  try {
    await docker.getImage(image.name).inspect();
  } catch (error) {
    if (!hasStatus(error, 404)) throw error;
    await importImage(docker, image.name, image.changes, await busyboxFiles(image));
  }
}

interface ImageFile {
  readonly path: string;
  readonly content?: string | Buffer;
  readonly link?: string;
}

/** @throws a sentence when busybox is missing */
async function busyboxFiles({ commands, files }: Pick<BuiltIn, 'commands' | 'files'>): Promise<ImageFile[]> {
  const busybox = await readFile(busyboxPath).catch(() => {
    throw new Error(
      `${busyboxPath} is missing. Install it with: apt-get install -y --no-install-recommends busybox-static`,
    );
  });
  const names = commands
    ? (await run(busyboxPath, ['--list'])).stdout.split('\n').filter((n) => n && n !== 'busybox')
    : [];
  return [
    { path: 'bin/busybox', content: busybox },
    ...names.map((name) => ({ path: `bin/${name}`, link: 'busybox' })),
    ...Object.entries(files).map(([path, content]) => ({ path, content })),
  ];
}

/** Makes an image of a few files. */
async function importImage(
  docker: DockerEngine,
  name: string,
  changes: readonly string[],
  files: readonly ImageFile[],
): Promise<void> {
  const tar = pack();
  for (const folder of ['bin', 'dev', 'etc', 'proc', 'sys'])
    tar.entry({ name: folder, type: 'directory', mode: 0o755 });
  tar.entry({ name: 'tmp', type: 'directory', mode: 0o1777 });
  tar.entry(
    { name: 'etc/passwd', mode: 0o644 },
    'root:x:0:0:root:/:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n',
  );
  tar.entry({ name: 'etc/group', mode: 0o644 }, 'root:x:0:\nnogroup:x:65534:\n');
  for (const { path, content = '', link } of files) {
    if (link) tar.entry({ name: path, type: 'symlink', linkname: link });
    else tar.entry({ name: path, mode: 0o755 }, content);
  }
  tar.finalize();
  const [repo, tag] = name.split(':');
  try {
    const progress = await docker.importImage(
      tar as unknown as NodeJS.ReadableStream,
      { repo, tag, changes } as object,
    );
    for await (const _ of progress as unknown as AsyncIterable<Buffer>); // it is done when the answer ends
  } catch (error) {
    throw new Error(`the image ${name} could not be made: ${dockerMessage(error)}`, { cause: error });
  }
}
