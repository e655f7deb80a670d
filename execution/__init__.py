"""How fields are answered: declared once, for a whole level of parents. Knows no business noun.

`related`, `column` and `each_related` make Strawberry fields that carry their declaration in the
field's metadata. Strawberry's own executor serves them through the operation's dataloaders; the
planner reads the declarations and makes statements of them.
"""
