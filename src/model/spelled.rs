//! Enums that are spelled in one way: in configuration, JSON, database and on the
//! command line. strum derives the spelling from the variants; the derives of an enum
//! are `IntoStaticStr`, `EnumString` and `VariantArray`.

/// Gives an enum its spelling, the inverse of that, and the list of its values.
macro_rules! spelled {
    ($name:ty) => {
        impl $name {
            /// Every value, in the order of declaration.
            pub const ALL: &[Self] = <Self as strum::VariantArray>::VARIANTS;

            /// How it is spelled.
            pub fn as_str(self) -> &'static str {
                self.into()
            }

            /// The inverse of [`as_str`](Self::as_str).
            pub fn parse(text: &str) -> Option<Self> {
                text.parse().ok()
            }
        }
    };
}

pub(crate) use spelled;
