//! Edits of who is there: people, our own API user, the organisation.

use uuid::Uuid;

use super::{Departure, Edit};
use crate::world::{Membership, Presence, User, World};

impl World {
    pub fn join(&mut self, first_name: &str, last_name: &str, email: &str) -> Uuid {
        let uuid = self.fresh("user");
        self.users.push(User {
            uuid,
            organization: self.organization,
            first_name: first_name.to_owned(),
            last_name: Some(last_name.to_owned()),
            email: Some(email.to_owned()),
            api_access: false,
            presence: Presence::Listed,
        });
        self.note(Edit::PersonJoined { user: uuid });
        uuid
    }

    /// Does not move any usage's `lastModified`.
    pub fn rename_person(&mut self, user: Uuid, first_name: &str, last_name: &str, email: &str) {
        if let Some(row) = self.users.iter_mut().find(|row| row.uuid == user) {
            row.first_name = first_name.to_owned();
            row.last_name = Some(last_name.to_owned());
            row.email = Some(email.to_owned());
            self.note(Edit::PersonRenamed { user });
        }
    }

    /// A person is removed from the organisation.
    pub fn leave(&mut self, user: Uuid, departure: Departure) {
        if let Some(row) = self.users.iter_mut().find(|row| row.uuid == user) {
            row.presence = Presence::Gone;
        }
        let now = self.now;
        for usage in &mut self.usages {
            if !usage.roles.iter().any(|held| held.user == user) {
                continue;
            }
            match departure {
                Departure::LeavesRoles => continue,
                Departure::LosesRoles => usage.roles.retain(|held| held.user != user),
                Departure::Successor(successor) => {
                    for held in usage.roles.iter_mut().filter(|held| held.user == user) {
                        held.user = successor;
                    }
                }
            }
            usage.last_modified = now;
        }
        self.note(Edit::PersonLeft { user, departure });
    }

    /// A person is deleted from KITOS: anonymised in place, still listed.
    pub fn anonymise(&mut self, user: Uuid) {
        if let Some(row) = self.users.iter_mut().find(|row| row.uuid == user) {
            row.first_name = "Slettet bruger".to_owned();
            row.last_name = None;
            row.email = Some(format!("{user}_deleted_user@kitos.dk"));
            self.note(Edit::PersonAnonymised { user });
        }
    }

    pub fn set_membership(&mut self, membership: Membership) {
        self.membership = membership;
        self.note(Edit::MembershipSet { membership });
    }

    pub fn disable_organization(&mut self, disabled: bool) {
        let ours = self.organization;
        for row in self.organizations.iter_mut().filter(|row| row.uuid == ours) {
            row.disabled = disabled;
        }
        self.note(Edit::OrganizationDisabled { disabled });
    }
}
