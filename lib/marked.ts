/** Replaces the text between `<!-- name -->` and `<!-- /name -->` in a page. Throws when the page does not have these marks. */
export function withMarked(page: string, name: string, content: string): string {
  const place = new RegExp(`(<!-- ${name} -->\\n)[^]*?(<!-- /${name} -->)`);
  if (!place.test(page)) throw new Error(`the page must have <!-- ${name} --> and, after it, <!-- /${name} -->`);
  return page.replace(place, (_all, before: string, after: string) => `${before}${content}${after}`);
}
