/** The page with what stands between `<!-- name -->` and `<!-- /name -->` replaced. Throws when it has no such place. */
export function withMarked(page: string, name: string, content: string): string {
  const place = new RegExp(`(<!-- ${name} -->\\n)[^]*?(<!-- /${name} -->)`);
  if (!place.test(page)) throw new Error(`the page has no <!-- ${name} --> with <!-- /${name} --> after it`);
  return page.replace(place, (_all, before: string, after: string) => `${before}${content}${after}`);
}
