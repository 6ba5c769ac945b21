"""What must be true of the database whoever crashed when: each sentence with the question that names what breaks it."""
