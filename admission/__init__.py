"""What an operation may ask: limits, costs and demands, found before anything runs.

How a document is priced. `limits.Measured` reads every definition of it once, in `costs.Catalogue`
it finds what the schema says of each field: its points (`@cost`, or the rule: 1 for a field whose
declaration reads something of its own, 0 for what is read with its parent), its type, what it
demands of who asks (`demands`). That is kept with the document. For a request only the page sizes
and the lengths of `ids` are filled in: what is asked of a page's rows is multiplied by them, a
list without a size counts as `ASSUMED` objects, and a spread adds its fragment's price. The sum is
`Price`: points that are charged, and objects that the answer may have.

`schema/graphql/extensions` asks here and refuses: `limits` what is too much, `operations` what the
scopes do not allow, `buckets` what the key cannot pay; it refunds by the rows that were read.
"""
