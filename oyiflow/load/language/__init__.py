"""The words of the language as tables, and what is made from them: schemas, the check of shapes, remedies."""
