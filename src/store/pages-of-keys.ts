import type { KeyRecord, KeyRecords } from './types.js';

/** Read in one turn of the event loop. */
const PAGE = 1_000;

/** Every key, the revoked ones included, by pages, so that no turn of the event loop is long. Throws what the store does. */
export async function* pagesOfKeys(keys: Pick<KeyRecords, 'page'>): AsyncGenerator<readonly KeyRecord[]> {
  let page = await keys.page('', PAGE);
  while (page.length > 0) {
    yield page;
    page = page.length < PAGE ? [] : await keys.page(page.at(-1)?.id ?? '', PAGE);
  }
}
