// Words as texts are compared by them: lower case, without accents, stemmed a little, function words left out. English only.

/** Words that carry no topic; a question consists of them to a large part. */
const stopWords: ReadonlySet<string> = new Set(
  (
    'a an the this that these those it its is are was were be been being am do does did done have has had having will would ' +
    'shall should can could may might must of in on at by for from to into with without about as than then so and or but not ' +
    'no nor if when where which who whom whose what why how there here i me my we us our you your he him his she her they ' +
    'them their also any some all both each other such only own same too very just please tell give say says said according ' +
    'context document documents text question answer know known much many long often per'
  ).split(' '),
);

/** Words with digits (years, amounts, versions, order numbers): a text that lacks one is about something else. */
export function numbersOf(text: string): ReadonlySet<string> {
  return new Set(wordsOf(text).filter((word) => /\d/.test(word)));
}

/** All words of the text, stop words included, in order. */
function wordsOf(text: string): string[] {
  const plain = text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  return (plain.match(/[\p{L}\p{N}]+(?:[.'’-][\p{L}\p{N}]+)*/gu) ?? []).map(stem);
}

/** The words that carry a topic. */
export function topicWords(text: string): string[] {
  return wordsOf(text).filter((word) => !stopWords.has(word));
}

/**
 * Cuts the commonest English endings, so that "refunds", "refunded" and "refund" meet. Words of four letters and fewer, and
 * whatever holds a digit, stay as they are.
 */
function stem(word: string): string {
  const bare = word.replace(/['’]s$/, '');
  if (bare.length <= 4 || /\d/.test(bare)) return bare;
  if (bare.endsWith('ies')) return `${bare.slice(0, -3)}y`;
  for (const ending of ['ations', 'ation', 'ingly', 'edly', 'ing', 'ed', 'ly', 'es', 's', 'e']) {
    if (bare.endsWith(ending) && !bare.endsWith('ss') && bare.length - ending.length >= 3) {
      return bare.slice(0, bare.length - ending.length).replace(/([bdfgmnprt])\1$/, '$1');
    }
  }
  return bare;
}
