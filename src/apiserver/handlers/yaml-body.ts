import {
  isMap,
  isScalar,
  LineCounter,
  parseDocument,
  visit,
  type CollectionTag,
  type Document,
  type ScalarTag,
  type Tags,
} from 'yaml';
import { badRequest } from '../../apimachinery/api-error.ts';
import { errorMessage } from '../../base/log.ts';

/** A YAML body, and the keys that occur twice in one map of it, as sentences. */
export interface ReadYaml {
  readonly value: unknown;
  readonly doubled: readonly string[];
}

/**
 * Parses YAML as Kubernetes does: version 1.1 (so `0644` is octal and `on` is true), but times stay text.
 * @throws ApiError BadRequest
 */
export function readYaml(text: Buffer): ReadYaml {
  try {
    const lines = new LineCounter();
    const document = parseDocument(text.toString('utf8'), {
      schema: 'yaml-1.1',
      customTags: withoutSpecialTags,
      resolveKnownTags: false,
      uniqueKeys: false,
      logLevel: 'error',
      lineCounter: lines,
    });
    if (document.errors[0]) throw document.errors[0];
    return { value: document.toJS({ maxAliasCount: 100 }), doubled: doubledKeys(document, lines) };
  } catch (error) {
    throw badRequest(`error converting YAML to JSON: ${errorMessage(error).split('\n')[0]}`);
  }
}

/** The value alone. @throws ApiError BadRequest */
export function parseYaml(text: Buffer): unknown {
  return readYaml(text).value;
}

function doubledKeys(document: Document.Parsed, lines: LineCounter): string[] {
  const found: string[] = [];
  visit(document, {
    Map(_key, map) {
      if (!isMap(map)) return;
      const seen = new Set<unknown>();
      for (const { key } of map.items) {
        if (!isScalar(key)) continue;
        if (seen.has(key.value)) {
          const { line } = lines.linePos(key.range?.[0] ?? 0);
          found.push(`line ${line}: key ${JSON.stringify(key.value)} already set in map`);
        }
        seen.add(key.value);
      }
    },
  });
  return found;
}

const special = new Set(['timestamp', 'binary', 'omap', 'pairs', 'set'].map((name) => `tag:yaml.org,2002:${name}`));

/** Tags whose values JSON does not have. */
function withoutSpecialTags(tags: Tags): (CollectionTag | ScalarTag)[] {
  return tags.filter((tag): tag is CollectionTag | ScalarTag => typeof tag === 'object' && !special.has(tag.tag));
}
