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

/** A YAML document as JSON, and the keys that occur twice in one map of it, as sentences. */
export interface YamlDocument {
  readonly json: string;
  readonly doubled: readonly string[];
}

/**
 * Parses YAML as Kubernetes does: version 1.1 (so `0644` is octal and `on` is true), but times stay text.
 * @throws Error when it is none
 */
export function parseYaml(text: string): YamlDocument {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    schema: 'yaml-1.1',
    customTags: withoutSpecialTags,
    resolveKnownTags: false,
    uniqueKeys: false,
    logLevel: 'error',
    lineCounter: lines,
  });
  if (document.errors[0]) throw document.errors[0];
  const json = JSON.stringify(document.toJS({ maxAliasCount: 100 })) ?? 'null';
  return { json, doubled: doubledKeys(document, lines) };
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
          found.push(`line ${line}: key ${JSON.stringify(String(key.value))} already set in map`);
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
