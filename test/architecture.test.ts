import { expect } from 'chai';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, sep } from 'node:path';

/** Which folders of src/ each folder may import, besides itself. */
const allowed: Record<string, readonly string[]> = {
  base: [],
  linux: ['base'],
  cel: ['base'],
  apimachinery: ['base', 'cel'],
  api: ['base', 'apimachinery'],
  storage: ['base', 'apimachinery'],
  auth: ['base', 'apimachinery', 'api'],
  admission: ['base', 'cel', 'apimachinery', 'api', 'auth'],
  apiserver: ['base', 'cel', 'apimachinery', 'api', 'storage', 'auth', 'admission'],
  client: ['base', 'apimachinery', 'api'],
  controllers: ['base', 'apimachinery', 'api', 'client'],
  scheduler: ['base', 'cel', 'apimachinery', 'api', 'client'],
  dns: ['base', 'apimachinery', 'api', 'client'],
  kubelet: ['base', 'apimachinery', 'api', 'client', 'linux'],
  proxy: ['base', 'apimachinery', 'api', 'client', 'linux'],
  ingress: ['base', 'apimachinery', 'api', 'client'],
  'network-policy': ['base', 'apimachinery', 'api', 'client', 'linux'],
  cluster: [
    'base',
    'linux',
    'cel',
    'apimachinery',
    'api',
    'storage',
    'auth',
    'admission',
    'apiserver',
    'client',
    'controllers',
    'scheduler',
    'dns',
    'kubelet',
    'ingress',
    'network-policy',
    'proxy',
  ],
  cli: ['base', 'apimachinery', 'api', 'client', 'cluster'],
};

/** Heavy or dangerous modules, and the only places that may import them. */
const confined: Record<string, (file: string) => boolean> = {
  express: (file) => file.startsWith('src/apiserver/'),
  dockerode: (file) => file === 'src/kubelet/runtime/docker.ts',
  etcd3: (file) => file === 'src/storage/etcd-upkeep.ts',
  child_process: (file) => file.startsWith('src/linux/') || file.startsWith('src/cluster/'),
};

/** Globals that a folder other than the named ones must take as parameters. */
const forbiddenText: { pattern: RegExp; why: string; except: (file: string) => boolean }[] = [
  { pattern: /\bDate\.now\(|\bnew Date\(\)/, why: 'take a Clock', except: (f) => f.startsWith('src/base/') },
  { pattern: /(?<![\w.])set(Timeout|Interval)\(/, why: 'take a Clock', except: (f) => f.startsWith('src/base/') },
  { pattern: /\bMath\.random\(/, why: 'take a Random', except: (f) => f.startsWith('src/base/') },
  {
    pattern: /\bprocess\.(env|argv)\b/,
    why: 'only the command line reads them',
    except: (f) => f.startsWith('src/cli/'),
  },
];

const files = globSync('src/**/*.ts').map((f) => f.split(sep).join('/'));

interface Import {
  file: string;
  target: string;
  typeOnly: boolean;
}

function importsOf(file: string): Import[] {
  const text = withoutComments(readFileSync(file, 'utf8'));
  const pattern =
    /(?:^|\n)\s*(?:import|export)\s+(type\s)?[^'";]*?from\s*'([^']+)'|(?:^|\n)\s*import\s*'([^']+)'|\bimport\('([^']+)'\)/g;
  return [...text.matchAll(pattern)].map((m) => ({ file, target: (m[2] ?? m[3] ?? m[4])!, typeOnly: Boolean(m[1]) }));
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1');
}

/** `src/storage/cache/x.ts` is in `storage`. */
function folderOf(file: string): string {
  return file.split('/')[1]!;
}

/** Order inside api/: meta, then core, then every other group. */
function apiLayer(file: string): number {
  const group = file.split('/')[2]!;
  return group.endsWith('.ts') ? 3 : group === 'meta-v1' ? 0 : group === 'core-v1' ? 1 : 2;
}

describe('architecture', () => {
  const imports = files.flatMap(importsOf);

  it('finds files and imports to check', () => {
    expect(files.length).to.be.greaterThan(50);
    expect(imports.length).to.be.greaterThan(100);
  });

  it('imports between folders only as allowed', () => {
    const wrong = imports
      .filter((i) => i.target.startsWith('.'))
      .map((i) => ({ ...i, target: normalize(join(dirname(i.file), i.target)) }))
      .filter(({ file, target }) => {
        if (!target.startsWith('src/')) return true;
        const [from, to] = [folderOf(file), folderOf(target)];
        return from !== to && !allowed[from]?.includes(to);
      })
      .map((i) => `${i.file} imports ${i.target}`);
    expect(wrong).to.deep.equal([]);
  });

  it('keeps the order inside api: meta-v1, then core-v1, then every other group', () => {
    const wrong = imports
      .filter((i) => i.file.startsWith('src/api/') && i.target.startsWith('.'))
      .map((i) => ({ ...i, target: normalize(join(dirname(i.file), i.target)) }))
      .filter(({ file, target }) => target.startsWith('src/api/') && apiLayer(target) > apiLayer(file))
      .map((i) => `${i.file} imports ${i.target}`);
    expect(wrong).to.deep.equal([]);
  });

  it('imports each heavy library in one place only', () => {
    const wrong = imports
      .map((i) => ({ ...i, module: i.target.replace(/^node:/, '').split('/')[0]! }))
      .filter((i) => Object.hasOwn(confined, i.module) && !confined[i.module]!(i.file))
      .map((i) => `${i.file} imports ${i.target}`);
    expect(wrong).to.deep.equal([]);
  });

  it('imports the large client library for its types only', () => {
    const wrong = imports.filter((i) => i.target.startsWith('@kubernetes/client-node') && !i.typeOnly);
    expect(wrong.map((i) => i.file)).to.deep.equal([]);
  });

  it('takes time, randomness and the environment as parameters', () => {
    const wrong = files.flatMap((file) => {
      const text = withoutComments(readFileSync(file, 'utf8'));
      return forbiddenText
        .filter((rule) => !rule.except(file) && rule.pattern.test(text))
        .map((rule) => `${file}: ${rule.pattern.source}: ${rule.why}`);
    });
    expect(wrong).to.deep.equal([]);
  });

  it('has no folder for things that belong nowhere', () => {
    const wrong = files.filter((f) => /\/(utils?|common|helpers?|misc)(\/|\.ts$)/.test(f));
    expect(wrong).to.deep.equal([]);
  });
});
