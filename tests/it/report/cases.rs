//! Case by case: what a careless count gets wrong.
